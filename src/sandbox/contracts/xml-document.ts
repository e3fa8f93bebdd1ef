/** An element of a received document. White space between elements is dropped, text inside leaves is kept as it is. */
export interface XmlElement {
  name: string
  /** The element's own text; empty where it has children. */
  text: string
  children: XmlElement[]
  /** The element as it stands in the document, tags and all. */
  source: string
}

/** A part of a document that is written already. */
export class Markup {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/**
 * What `writeXml` writes: an object's members become elements in their order, an array repeats its element,
 * undefined leaves an element out.
 */
export type XmlContent =
  string | number | boolean | undefined | Markup | readonly XmlContent[] | { readonly [name: string]: XmlContent }
