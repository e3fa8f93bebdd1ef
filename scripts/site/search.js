// Searches the documentation in the browser. The index is a script of its own, for pages that are opened as files can fetch
// nothing. Whatever is shown is set as text.
'use strict'

const form = document.getElementById('search')
const results = document.getElementById('results')
const field = form.elements.namedItem('q')
const most = 20

/** Those parts in which each word is found, the best first. */
function find(question) {
  const words = question.toLowerCase().match(/[^\s"'`]+/g) ?? []
  if (words.length === 0) return []
  return searchIndex
    .map((part) => ({ part, rank: rankOf(part, words) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .slice(0, most)
    .map(({ part }) => part)
}

function rankOf({ title, heading, text }, words) {
  let rank = 0
  for (const word of words) {
    const times = text.toLowerCase().split(word).length - 1
    const found = times + (heading.toLowerCase().includes(word) ? 20 : 0) + (title.toLowerCase().includes(word) ? 8 : 0)
    if (found === 0) return 0
    rank += Math.min(found, 30)
  }
  return rank
}

/** Some of the text, around the first word that was found. */
function excerptOf({ text }, question) {
  const [word = ''] = question.toLowerCase().match(/[^\s"'`]+/g) ?? []
  const at = Math.max(0, text.toLowerCase().indexOf(word))
  const from = at < 60 ? 0 : text.indexOf(' ', at - 60) + 1
  return `${from > 0 ? '… ' : ''}${text.slice(from, from + 180).trim()}${from + 180 < text.length ? ' …' : ''}`
}

function show(question) {
  const found = find(question)
  results.hidden = question.trim() === ''
  const list = document.createElement('ol')
  for (const part of found) {
    const entry = list.appendChild(document.createElement('li'))
    const link = entry.appendChild(document.createElement('a'))
    link.href = document.body.dataset.up + part.href
    link.textContent =
      part.heading === '' || part.heading === part.title ? part.title : `${part.title}: ${part.heading}`
    entry.appendChild(document.createElement('p')).textContent = excerptOf(part, question)
  }
  results.replaceChildren(found.length > 0 ? list : 'Nothing is found.')
}

form.hidden = false
form.addEventListener('submit', (event) => event.preventDefault())
field.addEventListener('input', () => show(field.value))
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    field.value = ''
    show('')
  } else if (event.key === '/' && document.activeElement !== field) {
    event.preventDefault()
    field.focus()
  }
})
field.value = new URLSearchParams(location.search).get('q') ?? ''
if (field.value !== '') show(field.value)
