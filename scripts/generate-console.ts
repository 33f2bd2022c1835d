// Builds the console; answers file path -> content. The same sources give the same bytes, on every machine.
import { readFileSync } from 'node:fs'
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

/** What the packages inside ask to be passed on with them. */
function licences(): string {
  const texts = [
    ['preact', 'LICENSE'],
    ['@preact/signals', 'LICENSE'],
    ['qrcode', 'license'],
    ['swagger-ui-dist', 'NOTICE'],
    ['swagger-ui-dist', 'LICENSE'],
    ['swagger-ui-dist', 'swagger-ui-es-bundle.js.LICENSE.txt'],
  ] as const
  return texts
    .map(
      ([name, file]) =>
        `${name}, ${file}\n\n${readFileSync(new URL(`../node_modules/${name}/${file}`, import.meta.url), 'utf8')}`,
    )
    .join('\n\n')
}
