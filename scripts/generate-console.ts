// Builds the console; answers file path -> content. The same sources give the same bytes, on every machine.
import { readdirSync, readFileSync } from 'node:fs'
import { build, type Rolldown } from 'vite'
import { consoleConfig } from '../console/vite.config.ts'

/** Everything in it is generated. */
export const consoleOutput = 'src/api/pages/dist'

export async function generateConsole(): Promise<ReadonlyMap<string, string>> {
  const built = (await build(consoleConfig)) as Rolldown.RolldownOutput
  return new Map([
    ...built.output.map(file => [`${consoleOutput}/${file.fileName}`, textOf(file)] as const),
    [`${consoleOutput}/LICENSES.txt`, licences()] as const,
  ])
}

function textOf(file: Rolldown.RolldownOutput['output'][number]): string {
  if (file.type === 'chunk') return file.code
  return typeof file.source === 'string' ? file.source : Buffer.from(file.source).toString('utf8')
}

/** Everything of others that ends up in the files. */
const packages = ['preact', '@preact/signals', '@preact/signals-core', 'qrcode', 'dijkstrajs', 'swagger-ui-dist']
/** A licence, a notice, and what Swagger UI's bundle is made of. */
const isLicence = (file: string): boolean =>
  /^(licen[sc]e|notice)\b/i.test(file) || file === 'swagger-ui-es-bundle.js.LICENSE.txt'

/** What they ask to be passed on with them. */
function licences(): string {
  return packages
    .flatMap(name => {
      const directory = new URL(`../node_modules/${name}/`, import.meta.url)
      const files = readdirSync(directory).filter(isLicence).sort()
      if (files.length === 0) throw new Error(`${name}: expected a licence in the package`)
      return files.map(file => `${name}, ${file}\n\n${readFileSync(new URL(file, directory), 'utf8')}`)
    })
    .join('\n\n')
}
