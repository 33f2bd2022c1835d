// Builds the console; answers file path -> content. The same sources give the same bytes, on every machine.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Rolldown } from 'vite'
import { consoleConfig } from '../console/vite.config.ts'

/** Everything in it is generated. */
export const consoleOutput = 'src/api/pages/dist'

export async function generateConsole(): Promise<ReadonlyMap<string, string>> {
  const loaded: string[] = []
  const noteLoaded = { name: 'note-loaded', moduleParsed: ({ id }: { id: string }) => void loaded.push(id) }
  const built = (await build({ ...consoleConfig, plugins: [noteLoaded] })) as Rolldown.RolldownOutput
  return new Map([
    ...built.output.map(file => [`${consoleOutput}/${file.fileName}`, textOf(file)] as const),
    [`${consoleOutput}/LICENSES.txt`, licencesOf(loaded)] as const,
  ])
}

function textOf(file: Rolldown.RolldownOutput['output'][number]): string {
  if (file.type === 'chunk') return file.code
  return typeof file.source === 'string' ? file.source : Buffer.from(file.source).toString('utf8')
}

/** What the packages of these modules ask to be passed on with them. Throws where one has nothing of that. `moduleIds`: absolute paths. */
export function licencesOf(moduleIds: readonly string[]): string {
  const directories = new Map(moduleIds.flatMap(packageOf))
  return [...directories.keys()]
    .sort()
    .flatMap(name => {
      const directory = directories.get(name) ?? ''
      const files = readdirSync(directory).filter(isLicence).sort()
      if (files.length === 0) throw new Error(`${name}: expected a licence in the package`)
      return files.map(file => `${name}, ${file}\n\n${readFileSync(join(directory, file), 'utf8')}`)
    })
    .join('\n\n')
}

/** The innermost one that the module lies in; none where it is ours, or the builder's own. `name`: `b` of another one is `a/node_modules/b`. */
function packageOf(moduleId: string): readonly (readonly [name: string, directory: string])[] {
  const [, directory, name] = /^(.*?\/node_modules\/((?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+))\//.exec(moduleId) ?? []
  return directory === undefined || name === undefined ? [] : [[name, directory]]
}

/** A licence, a notice, and what Swagger UI's bundle is made of. */
const isLicence = (file: string): boolean =>
  /^(licen[sc]e|notice)\b/i.test(file) || file === 'swagger-ui-es-bundle.js.LICENSE.txt'
