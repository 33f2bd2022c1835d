// Directories whose content is trusted, because it is run or believed: nobody else can write there, nor put another in its place. Plain
// JavaScript: asked before compiled code can be used, for which Node would load its TypeScript parser at each start.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/**
 * For code that is compiled already: in the user's cache (XDG_CACHE_HOME, or .cache in the home that the system names), mode 0700. null
 * where that is not ours alone, all the way down: a directory in /tmp belongs to whoever makes it first, and what is in there is run.
 */
export function compiledCodeDirectory(env) {
  const uid = process.getuid?.()
  if (uid === undefined) return null
  try {
    const { XDG_CACHE_HOME: named = '' } = env
    const cache = isAbsolute(named) ? named : join(userInfo().homedir, '.cache')
    mkdirSync(cache, { recursive: true, mode: 0o700 })
    const path = join(realpathSync(cache), 'zaplog', 'compiled')
    if (whoElseWrites(dirname(dirname(path)), [0, uid]) !== null) return null // before anything is made there
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return whoElseWrites(path, [0, uid]) === null && lstatSync(path).uid === uid ? path : null
  } catch {
    return null // no home, or none that can be written: nothing is lost but a second at each start
  }
}

/**
 * null: `path` and each directory above it belong to one of `uids`, and only their owners write to them. Otherwise the sentence that
 * says which is not so; a link counts as not so. Throws what the file system says.
 */
export function whoElseWrites(path, uids) {
  const above = path === dirname(path) ? null : whoElseWrites(dirname(path), uids)
  if (above !== null) return above
  const stats = lstatSync(path)
  if (!stats.isDirectory()) return `${path} is a link or a file, not a directory`
  if (!uids.includes(stats.uid)) return `${path} belongs to user ${stats.uid}`
  return (stats.mode & 0o022) === 0 ? null : `${path} can be written by others than its owner`
}
