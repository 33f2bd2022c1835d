// Whether a browser may show stored bytes or must save them, and under which name; a sender's file name cannot reach another header.
import { plainFileName } from '../../runtime/plain-file-name.ts'

/** Only what browsers render without running anything; html, svg, xml, scripts and everything unheard of are saved. */
const shown =
  /^(image\/(jpeg|png|gif|webp|heic|heif|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/(pdf|ogg)|text\/plain)$/

export function contentDisposition(of: { contentType: string; fileName: string | null; download: boolean }): string {
  const [mimetype = ''] = of.contentType.toLowerCase().split(';', 1)
  const way = !of.download && shown.test(mimetype.trim()) ? 'inline' : 'attachment'
  return of.fileName === null ? way : `${way}; ${named(of.fileName)}`
}

/** RFC 6266: an ASCII name for old clients, the full one in RFC 8187's encoding. */
function named(fileName: string): string {
  const name = safeName(fileName)
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  return `filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, percent)}`
}

/** As a file is called on a disk, whoever's: no drive, nothing that hides it. */
function safeName(fileName: string): string {
  const name = plainFileName(fileName).replaceAll(':', '_').replace(/^\.+/, '_')
  return name === '' ? 'file' : [...name].slice(0, MAX_NAME_CHARACTERS).join('')
}

const MAX_NAME_CHARACTERS = 200
const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
