// What a file is called that nobody named: as its URL says, or by its type. Pure.
import type { UploadSource } from '../../instances/uploads.ts'

const MAX_NAME = 255

/** `extension`: of what its bytes are, without a dot. */
export const nameFile = (source: UploadSource, extension: string): string =>
  (source.from === 'url' && nameIn(new URL(source.url))) || `file.${extension}`

/** The last part of its path, without what no name has: what is encoded may be a control character, or a path of its own. Empty: it says none. */
function nameIn({ pathname }: URL): string {
  const written = pathname.split('/').at(-1) ?? ''
  const name = decoded(written).replace(/\p{C}/gu, '').split(/[/\\]/).at(-1) ?? ''
  return /^[.\s]*$/.test(name) ? '' : name.slice(0, MAX_NAME).toWellFormed()
}

/** What is not encoded as URLs are is taken as it is written. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}
