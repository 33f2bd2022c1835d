// One compressed file and back: a directory with its empty folders and modes, or any bytes. Equal stretches far apart are stored once.
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'

type Entry = { path: string; mode: number /** null: a folder. */; sizeBytes: number | null }
type Owner = { uid: number; gid: number } | null

const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_c_enableLongDistanceMatching, ZSTD_d_windowLogMax } = zlib.constants
/** 128 MiB: three databases of one cluster, alike but for a few pages, lie within it. */
const WINDOW_LOG = 27
const MODE_BITS = 0o777

export const compress = (bytes: Uint8Array): Promise<Buffer> =>
  promisify(zlib.zstdCompress)(bytes, {
    params: { [ZSTD_c_compressionLevel]: 19, [ZSTD_c_windowLog]: WINDOW_LOG, [ZSTD_c_enableLongDistanceMatching]: 1 },
  })

export const expand = (bytes: Uint8Array): Promise<Buffer> =>
  promisify(zlib.zstdDecompress)(bytes, { params: { [ZSTD_d_windowLogMax]: WINDOW_LOG } })

/** Everything in it but what `leaveOut` matches, by its path within. Nobody may write there meanwhile. */
export async function packDirectory(directory: string, leaveOut: RegExp): Promise<Buffer> {
  const entries: Entry[] = []
  const contents: Buffer[] = []
  for (const path of (await readdir(directory, { recursive: true })).toSorted()) {
    if (leaveOut.test(path)) continue
    const found = await stat(join(directory, path))
    const bytes = found.isDirectory() ? null : await readFile(join(directory, path))
    entries.push({ path, mode: found.mode & MODE_BITS, sizeBytes: bytes?.length ?? null })
    if (bytes !== null) contents.push(bytes)
  }
  const list = Buffer.from(JSON.stringify(entries))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(list.length)
  return compress(Buffer.concat([length, list, ...contents]))
}

/** `ownerOf` says whose a path is to be; null: ours. */
export async function unpackDirectory(archive: Uint8Array, directory: string, ownerOf: (path: string) => Owner): Promise<void> {
  const bytes = await expand(archive)
  let at = 4 + bytes.readUInt32BE(0)
  const entries = JSON.parse(bytes.toString('utf8', 4, at)) as readonly Entry[]
  for (const { path, mode, sizeBytes } of entries) {
    const place = join(directory, path)
    if (sizeBytes === null) await mkdir(place)
    else await writeFile(place, bytes.subarray(at, at + sizeBytes))
    at += sizeBytes ?? 0
    await chmod(place, mode)
    const owner = ownerOf(path)
    if (owner !== null) await chown(place, owner.uid, owner.gid)
  }
}
