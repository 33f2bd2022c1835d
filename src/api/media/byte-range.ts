// Which bytes a Range header asks for (RFC 9110, 14.2), both ends inclusive.

/** null: the whole, because there is no range, or one that a server may ignore (several, other units, nonsense). */
export type ByteRange = { fromByte: number; toByte: number } | 'unsatisfiable' | null

export function byteRange(header: string | undefined, sizeBytes: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.replaceAll(/\s/g, '') ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return null
  if (first === '') return suffix(Number(last), sizeBytes)
  const fromByte = Number(first)
  const toByte = last === '' ? sizeBytes - 1 : Number(last)
  if (last !== '' && toByte < fromByte) return null
  return fromByte >= sizeBytes ? 'unsatisfiable' : { fromByte, toByte: Math.min(toByte, sizeBytes - 1) }
}

function suffix(lengthBytes: number, sizeBytes: number): ByteRange {
  if (lengthBytes === 0 || sizeBytes === 0) return 'unsatisfiable'
  return { fromByte: Math.max(0, sizeBytes - lengthBytes), toByte: sizeBytes - 1 }
}
