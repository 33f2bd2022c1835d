// Writes every generated file; with --check it only reports those that are out of step (exit 1).
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateConfigDocs } from './generate-config-docs.ts'
import { generateContractDocs } from './generate-contract-docs.ts'
import { generateSchemas } from './generate-schemas.ts'

const check = process.argv.includes('--check')
const configDocs = generateConfigDocs()
const files = new Map([...generateSchemas(), ...configDocs, ...generateContractDocs(configDocs)])
const stale: string[] = []
for (const [path, content] of files) {
  const current = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : Promise.reject(error),
  )
  if (current === content) continue
  stale.push(path)
  if (check) continue
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}
if (check && stale.length > 0) {
  process.stderr.write(`out of step with their source, run npm run generate:\n${stale.map(path => `  ${path}\n`).join('')}`)
  process.exitCode = 1
} else if (!check) process.stdout.write(`${stale.length} of ${files.size} generated files written\n`)
