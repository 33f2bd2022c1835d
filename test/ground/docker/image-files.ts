// What the Dockerfile puts into the image, put into a directory: the files it copies, and production dependencies as npm would install them.
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readRoot, rootFile } from './compose-file.ts'

export type Instruction = { name: string; rest: string }

/** One per instruction, continued lines joined. */
export const readDockerfile = (): readonly Instruction[] =>
  readRoot('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .flatMap(line => {
      const [, name, rest] = /^([A-Z]+) (.+)$/.exec(line) ?? []
      return name === undefined || rest === undefined ? [] : [{ name, rest }]
    })

type Copy = { sources: readonly string[]; to: string }

/** Of the last stage, from the build's context. */
export function copiesOf(dockerfile: readonly Instruction[]): readonly Copy[] {
  const lastStage = dockerfile.slice(dockerfile.findLastIndex(({ name }) => name === 'FROM'))
  return lastStage
    .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from='))
    .map(({ rest }) => {
      const words = rest.split(/\s+/)
      return { sources: words.slice(0, -1), to: words.at(-1) ?? '' }
    })
}

export function copyAsImage(directory: string): void {
  copySources(directory)
  copyProductionModules(directory)
}

/** Without anything that npm installs. */
export function copySources(directory: string): void {
  const ignored = readIgnored()
  for (const { sources, to } of copiesOf(readDockerfile()))
    for (const source of sources) {
      if (ignored(source)) throw new Error(`.dockerignore keeps ${source} from the build`)
      const target = join(directory, to.endsWith('/') ? join(to, source) : to)
      mkdirSync(dirname(target), { recursive: true })
      cpSync(rootFile(source), target, { recursive: true, filter: path => !ignored(path.slice(rootFile('').length)) })
    }
}

/** The last line that names a path, or a directory above it, decides; ! lets it in. */
export function readIgnored(): (path: string) => boolean {
  const lines = readRoot('.dockerignore').split('\n')
  const rules = lines.filter(line => line !== '' && !line.startsWith('#'))
  return path => {
    const steps = path.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'))
    const names = (pattern: string) => steps.some(step => asExpression(pattern).test(step))
    const last = rules.findLast(rule => names(rule.replace(/^!/, '')))
    return last !== undefined && !last.startsWith('!')
  }
}

/** Docker's patterns: unlike a shell's, * matches names that begin with a dot. */
const asExpression = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll('.', '\\.')
      .replaceAll('**/', '(.+/)?')
      .replaceAll(/(?<![.)])\*/g, '[^/]*')}$`,
  )

/** Where the lock file says `dev`, `npm ci --omit=dev` leaves a package out. */
function copyProductionModules(directory: string): void {
  const packages = readLock()
  const wanted = Object.entries(packages).filter(([path, { dev }]) => path.startsWith('node_modules/') && dev !== true)
  const isNested = (path: string, below: string) => below.startsWith(`${path}/node_modules/`)
  for (const [path] of wanted) {
    if (!existsSync(rootFile(path)) || wanted.some(([other]) => isNested(other, path))) continue
    // Packages inside packages come along; none of them is for development only where the outer one is not.
    cpSync(rootFile(path), join(directory, path), { recursive: true, verbatimSymlinks: true })
  }
}

/** What npm has written down of each package, by its path. */
export const readLock = (): Readonly<Record<string, { dev?: boolean }>> => JSON.parse(readRoot('package-lock.json')).packages
