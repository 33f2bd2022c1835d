// Writes every generated file, and removes what is in a generated directory and not made any more; with --check it only reports those that
// are out of step (exit 1).
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateAlerts } from './generate-alerts.ts'
import { generateAsyncApi } from './generate-asyncapi.ts'
import { generateBoards } from './generate-boards.ts'
import { generateBodyDocs } from './generate-body-docs.ts'
import { generateCatalogue } from './generate-catalogue.ts'
import { generateChoiceDocs } from './generate-choice-docs.ts'
import { generateConfigDocs } from './generate-config-docs.ts'
import { consoleOutput, generateConsole } from './generate-console.ts'
import { generateContractDocs } from './generate-contract-docs.ts'
import { generateDeliveryDocs } from './generate-delivery-docs.ts'
import { generateDialectDocs } from './generate-dialect-docs.ts'
import { generateEventDocs } from './generate-event-docs.ts'
import { generateFigureDocs } from './generate-figure-docs.ts'
import { generateMessageFields } from './generate-message-fields.ts'
import { generateMetricDocs } from './generate-metric-docs.ts'
import { generatePictures } from './generate-pictures.ts'
import { generateRoomDocs } from './generate-room-docs.ts'
import { generateSchemas } from './generate-schemas.ts'
import { generateVerbs } from './generate-verbs.ts'

const check = process.argv.includes('--check')
const configDocs = generateConfigDocs()
const contractDocs = generateContractDocs(configDocs)
const choiceDocs = generateChoiceDocs(contractDocs)
const deliveryDocs = generateDeliveryDocs(choiceDocs)
const files = new Map([
  ...generateSchemas(),
  ...generateMessageFields(),
  ...generateEventDocs(),
  ...configDocs,
  ...contractDocs,
  ...choiceDocs,
  ...deliveryDocs,
  ...generateDialectDocs(),
  ...generateBodyDocs(),
  ...generateCatalogue(choiceDocs),
  ...generateAsyncApi(),
  ...generateMetricDocs(),
  ...generateBoards(),
  ...generatePictures(),
  ...generateAlerts(),
  ...generateVerbs(deliveryDocs),
  ...generateRoomDocs(contractDocs),
  ...generateFigureDocs(),
  ...(await generateConsole()),
])
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
for (const path of await leftIn(consoleOutput)) {
  stale.push(path)
  if (!check) await rm(path)
}
if (check && stale.length > 0) {
  process.stderr.write(`out of step with their source, run npm run generate:\n${stale.map(path => `  ${path}\n`).join('')}`)
  process.exitCode = 1
} else if (!check) process.stdout.write(`${stale.length} of ${files.size} generated files written\n`)

/** Made once, from sources that are gone. */
async function leftIn(directory: string): Promise<readonly string[]> {
  const there = await readdir(directory, { recursive: true, withFileTypes: true })
  return there
    .filter(one => one.isFile())
    .map(one => `${one.parentPath}/${one.name}`)
    .filter(path => !files.has(path))
}
