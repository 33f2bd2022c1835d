// Whether whoever asks is a browser that opens a page: only then is HTML answered where a program gets JSON. Pure.

/**
 * text/html has to be named, and to be liked better than JSON: fetch, curl and libraries send a star or JSON, and a tie is a program's.
 * `accept`: the header as it came (RFC 9110, 12.5.1).
 */
export function prefersHtml(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map(readRange)
  const html = ranges.find(({ type }) => type === 'text/html')
  if (html === undefined) return false
  const json = ['application/json', 'application/*', '*/*'].flatMap(type => ranges.find(range => range.type === type) ?? [])[0]
  return html.quality > (json?.quality ?? 0)
}

/** One that cannot be read counts as not wanted. */
function readRange(range: string): { type: string; quality: number } {
  const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
  const given = parameters.find(parameter => parameter.startsWith('q='))
  const quality = given === undefined ? 1 : Number(given.slice(2))
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}
