// What a file is, by its bytes; the sender's word counts only where bytes have no signature, and never for what a machine or browser would run.
import { fileTypeFromBuffer, supportedMimeTypes } from 'file-type'

export type SniffedType = { mimetype: string; extension: string }

/** As many first bytes as sniffType looks at. */
export const SNIFFED_BYTES = 4100

const unknownType: SniffedType = { mimetype: 'application/octet-stream', extension: 'bin' }

export async function sniffType(head: Uint8Array, declared: string | null): Promise<SniffedType> {
  const claimed = parseMimetype(declared)
  const runnable = runnableText(head)
  if (runnable !== null)
    return runnable.mimetypes.includes(claimed) ? { mimetype: claimed, extension: runnable.extension } : unknownType
  const found = await signatureOf(head, claimed)
  if (found === null) return withoutSignature(head, claimed)
  if (executables.has(found.mimetype) && found.mimetype !== claimed) return unknownType
  return insideContainer(found, claimed)
}

const parseMimetype = (declared: string | null): string => {
  const mimetype = (declared ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return /^[a-z0-9]+\/[a-z0-9.+_-]{1,100}$/.test(mimetype) ? mimetype : ''
}

/** Two bytes are no signature for what is plainly text. */
const weakSignatures: ReadonlySet<string> = new Set(['image/bmp', 'application/x-msdownload'])
const names: Readonly<Record<string, SniffedType>> = {
  'audio/ogg; codecs=opus': { mimetype: 'audio/ogg', extension: 'ogg' },
  'video/vnd.avi': { mimetype: 'video/x-msvideo', extension: 'avi' },
  'audio/x-m4a': { mimetype: 'audio/mp4', extension: 'm4a' },
}

async function signatureOf(head: Uint8Array, claimed: string): Promise<SniffedType | null> {
  const found = await fileTypeFromBuffer(head)
  if (found === undefined) return null
  if (weakSignatures.has(found.mime) && claimed.startsWith('text/') && isText(head)) return null
  return names[found.mime] ?? { mimetype: found.mime, extension: found.ext }
}

const executables: ReadonlySet<string> = new Set([
  'application/x-msdownload',
  'application/x-elf',
  'application/x-mach-binary',
  'application/java-vm',
  'application/java-archive',
  'application/wasm',
  'application/vnd.android.package-archive',
  'application/x-google-chrome-extension',
  'application/x-xpinstall',
  'application/x-ms-shortcut',
  'application/x-ms-regedit',
  'application/vnd.ms-htmlhelp',
  'application/x-shockwave-flash',
  'application/x-deb',
  'application/x-rpm',
])

/** Formats that several types share: the sender says which one it is. */
const containers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'application/zip': {
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
    'application/vnd.oasis.opendocument.text': 'odt',
    'application/vnd.oasis.opendocument.spreadsheet': 'ods',
    'application/vnd.oasis.opendocument.presentation': 'odp',
    'application/epub+zip': 'epub',
    // Animated stickers of Lottie.
    'application/was': 'was',
    'application/vnd.google-earth.kmz': 'kmz',
    'application/vnd.apple.pages': 'pages',
    'application/vnd.apple.numbers': 'numbers',
    'application/vnd.apple.keynote': 'key',
  },
  'application/x-cfb': { 'application/msword': 'doc', 'application/vnd.ms-excel': 'xls', 'application/vnd.ms-powerpoint': 'ppt' },
  'video/mp4': { 'audio/mp4': 'm4a' },
  'video/webm': { 'audio/webm': 'weba' },
  'application/ogg': { 'audio/ogg': 'ogg' },
}

function insideContainer(found: SniffedType, claimed: string): SniffedType {
  const extension = containers[found.mimetype]?.[claimed] ?? (isZipByName(found, claimed) ? found.extension : undefined)
  return extension === undefined ? found : { mimetype: claimed, extension }
}

/** RFC 6839, 3.6: a type with this suffix is a ZIP. */
const isZipByName = (found: SniffedType, claimed: string): boolean =>
  found.mimetype === 'application/zip' && claimed.endsWith('+zip') && !runs.test(claimed) && !executables.has(claimed)

const textTypes: Readonly<Record<string, string>> = {
  'text/plain': 'txt',
  'text/csv': 'csv',
  'text/markdown': 'md',
  'text/vcard': 'vcf',
  'text/x-vcard': 'vcf',
  'text/calendar': 'ics',
  'application/json': 'json',
}

/** A type that would have shown its signature is not believed without it; one that nobody knows is, without an extension. */
function withoutSignature(head: Uint8Array, claimed: string): SniffedType {
  const extension = textTypes[claimed]
  if (extension !== undefined) return isText(head) ? { mimetype: claimed, extension } : unknownType
  if (claimed === '' || signed.has(claimed) || alsoSigned.has(claimed) || runs.test(claimed)) return unknownType
  return { mimetype: claimed, extension: 'bin' }
}

const signed: ReadonlySet<string> = new Set(supportedMimeTypes)
const alsoSigned: ReadonlySet<string> = new Set([
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'video/x-msvideo',
  'image/jpg',
  'audio/mp3',
  'audio/webm',
])
const runs =
  /^text\/|html|xml|script|svg|php|java|python|-sh$|shell|msdownload|msdos|dosexec|executable|portable|installer|msi$|flash/

const isText = (head: Uint8Array): boolean => !head.some(byte => byte < 9 || (byte > 13 && byte < 27))

/** What browsers take for a page by its beginning (WHATWG MIME Sniffing, 7.1), SVG, and scripts that name their interpreter. */
function runnableText(head: Uint8Array): { mimetypes: readonly string[]; extension: string } | null {
  const start = new TextDecoder('utf-8').decode(head.subarray(0, 1024))
  const text = start.replace(/^(\s|<\?xml[^>]*>|<!--[\s\S]*?-->)+/, '').toLowerCase()
  if (text.startsWith('#!')) return { mimetypes: ['application/x-sh', 'text/x-shellscript'], extension: 'sh' }
  if (/^(<svg|<!doctype svg)[\s>]/.test(text)) return { mimetypes: ['image/svg+xml'], extension: 'svg' }
  if (/^<(!doctype html|html|head|body|script|iframe|style|title|table|div|h1|font|img|meta|link|a|b|br|p)[\s/>]/.test(text))
    return { mimetypes: ['text/html', 'application/xhtml+xml'], extension: 'html' }
  return text.startsWith('<!--') ? { mimetypes: [], extension: 'bin' } : null
}
