/**
 * Templates of Ruby, by kind; `{kind}` is a hole for another one. Those before the empty line are plain ones, which
 * end a program that has become deep.
 */
export const expressions = {
  name: `u v w x y t l m`.replaceAll(' ', '\n'),
  condition: `{known}
    {unknown}`,
  key: `'{name}'
    '{name}'
    "{name}"
    :{name}

    '{name}'.to_sym
    "{name}#{'x' * 0}"
    k`,
  settings: `packagecloud_rails
    packagecloud_rails
    packagecloud_rails
    nginx

    redis
    r
    q
    (packagecloud_rails)
    self.packagecloud_rails`,
  known: `true
    false
    nil

    ENV['A'] == 'env'
    ENV['NONE']
    ENV.key?('A')
    !{known}
    {int} < {int}
    {text} == {text}
    {known} && {known}
    {known} || {known}
    packagecloud_rails['{name}']
    packagecloud_rails.key?({key})
    {text}.start_with?('a')
    n.zero?`,
  unknown: `File.exist?('/')
    File.exist?('/nonexistent/x')
    RUBY_VERSION > '1'

    ENV['A'] =~ /n/
    'a'.match?(/b/)
    'a'.is_a?(String)
    packagecloud_rails['{name}'].is_a?(String)
    packagecloud_rails['{name}'].respond_to?(:each)
    [1].any? { |i| i > 1 }
    defined?(zz)
    Time.now.year < 2000
    {known} && {unknown}
    {unknown} || {known}
    !{unknown}
    (1..3).include?({int})`,
  int: `1
    42
    7

    n
    2 * 1024
    {int} + {int}
    {int} - {int}
    {int} * 3
    7 / 2
    -7 % 3
    [4, {int}].max
    {text}.length
    '12'.to_i
    {list}.size
    ({condition} ? {int} : {int})`,
  text: `'a'
    "b"
    s
    t

    "c#{s}d"
    "e#{{int}}"
    'f' + {text}
    {text}.upcase
    {text}.strip
    ENV['A']
    ENV.fetch('NONE', 'g')
    ENV.fetch('NONE') { 'h' }
    (ENV['NONE'] || {text})
    ({condition} ? {text} : {text})
    (if {condition} then {text} else {text} end)
    {text} * 2
    format('%s-%d', {text}, {int})
    'x%s' % {text}
    %w(i j).first
    %w(i j).join('-')
    :sym.to_s
    {list}.join(',')
    (Integer('x') rescue 'r')
    (nil || {text})
    {text}.dup
    {text}.tr('a', 'z')
    {text}.sub(/a/, 'y')
    {text}[0].to_s
    %q(k(l)m)
    "n\\\\n"
    'o' 'p'
    begin; {text}; end
    case {int} when 1 then {text} else {text} end
    packagecloud_rails.fetch({key}, {text}).to_s
    (s = {text})
    {text}.then { |z| z + '!' }
    <<~T.chomp\\n  in a {name}\\n  T\\n`,
  list: `[1, 2]
    %w(a b)
    a

    [{any}, {any}]
    [*a, 3]
    {list} + {list}
    {list}.dup
    {list}.compact
    {list}.map { |i| i }
    %i[a b]
    []`,
  hash: `{ a: 1 }
    { 'b' => 'x', :c => nil }
    h

    { {key} => {any} }
    { a: { b: {any} } }
    h.merge({ d: 1 })
    {}
    { **h, e: 2 }`,
  any: `{text}
    {int}
    true
    nil

    {text}
    {list}
    {hash}
    {text}
    :sym
    1.5
    packagecloud_rails[{key}]
    ({condition} ? {any} : {any})
    ({condition} || {any})
    ({condition} && {any})
    (x = {any})
    {settings}.dig({key})`,
} as const
