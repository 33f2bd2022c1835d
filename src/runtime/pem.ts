// What a text holds in PEM (RFC 7468), and what is wrong with it in words that repeat nothing of it. Pure.

/** `bytes`: decoded; of an encrypted key of the old kind they are no DER. */
export type PemBlock = { label: string; text: string; bytes: Buffer; isEncrypted: boolean }
type PemKind = { label: RegExp; expected: string }

export const pemCertificate: PemKind = {
  label: /^(TRUSTED |X509 )?CERTIFICATE$/,
  expected: 'a certificate in PEM, -----BEGIN CERTIFICATE----- and its lines',
}
export const pemPrivateKey: PemKind = {
  label: /^([A-Z]+ )?PRIVATE KEY$/,
  expected: 'a private key in PEM, -----BEGIN PRIVATE KEY----- and its lines',
}

/** At least one block of that kind, each whole; others beside them are left out. */
export function readPem(text: string, { label, expected }: PemKind): readonly PemBlock[] | { expected: string; got: string } {
  const behind = /^-----BEGIN [A-Z0-9 ]+-----[^\S\n]*(\S.?)/m.exec(text)?.[1]
  if (behind !== undefined)
    return {
      expected,
      got: /^\\[nr]$/.test(behind) ? 'one with \\n written out where its lines end' : 'one without its line ends',
    }
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(match => match[1] ?? '')
  const wanted = labels.filter(one => label.test(one))
  if (wanted.length === 0) return { expected, got: kindOf(labels) }
  if (wanted.includes('OPENSSH PRIVATE KEY')) return { expected, got: 'one in the format of OpenSSH' }
  const blocks = [...text.matchAll(whole)].flatMap(match => blockOf(match)).filter(one => label.test(one.label))
  if (blocks.length < wanted.length) return { expected, got: 'one that is cut off, without its END line' }
  return blocks.every(isIntact) ? blocks : { expected, got: DAMAGED }
}

export const DAMAGED = 'one that is damaged'

const whole = /^-----BEGIN ([A-Z0-9 ]+)-----[^\S\n]*\n((?:(?!-----BEGIN )[\s\S])*?)^-----END \1-----/gm

/** RFC 1421 4.6: headers of an encrypted key of the old kind, and an empty line behind them. */
const headers = /^(?:[A-Za-z-]+:[^\n]*\n)+\s*\n/

function blockOf([text, label = '', inside = '']: RegExpExecArray): readonly PemBlock[] {
  const isOldKind = headers.test(inside)
  const base64 = inside.replace(headers, '').replace(/\s/g, '')
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length % 4 === 0 ? Buffer.from(base64, 'base64') : Buffer.alloc(0)
  return [{ label, text, bytes, isEncrypted: isOldKind ? /^Proc-Type: 4,ENCRYPTED/m.test(inside) : /^ENCRYPTED /.test(label) }]
}

/** A line that is missing or too many shows in the length with which DER begins; what is encrypted the old way tells nothing. */
function isIntact({ label, bytes, isEncrypted }: PemBlock): boolean {
  if (/^TRUSTED /.test(label) || (isEncrypted && !/^ENCRYPTED /.test(label))) return bytes.length > 0
  const [tag, first = 0] = bytes
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  if (tag !== 0x30 || lengthBytes > 4 || bytes.length < 2 + lengthBytes) return false
  return bytes.length === 2 + lengthBytes + (lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes))
}

function kindOf(labels: readonly string[]): string {
  if (labels.some(one => pemCertificate.label.test(one))) return 'a certificate'
  if (labels.some(one => pemPrivateKey.label.test(one))) return 'a private key'
  if (labels.some(one => /CERTIFICATE REQUEST$/.test(one))) return 'a request for a certificate'
  return labels.some(one => /PUBLIC KEY$/.test(one)) ? 'a public key' : 'something else'
}
