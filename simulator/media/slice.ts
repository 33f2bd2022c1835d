// The part of a file that a Range header asks for, with the status and headers that say so.

/** RFC 9110 for one range `bytes=from-[to]` or `bytes=-suffix`; anything else is the whole file. */
export function slice(body: Buffer, range: string | undefined) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  if (first === '' && last === '') return { status: 200, headers: { 'content-length': body.length }, bytes: body }
  const from = first === '' ? Math.max(0, body.length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? body.length - 1 : Math.min(Number(last), body.length - 1)
  if (from > to) return { status: 416, headers: { 'content-range': `bytes */${body.length}` }, bytes: Buffer.alloc(0) }
  const bytes = body.subarray(from, to + 1)
  return {
    status: 206,
    headers: { 'content-range': `bytes ${from}-${to}/${body.length}`, 'content-length': bytes.length },
    bytes,
  }
}
