// FULL_TRANSITIVE: every schema reads every released version of itself, and every released version reads it.
// What a version released is in schemas/released/<version>, copied there by test/kept/make.ts and never changed afterwards; a version that is kept
// in test/kept has its schemas there, and the other way round.
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import avro from 'avsc'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `name`: the schema's full one, which is its subject, too. */
export type Schema = { name: string; text: string }
export type Release = { version: string; schemas: readonly Schema[] }

export const findIncompatibilities = (): readonly string[] => [
  ...unpairedVersions(foldersIn('test/kept'), foldersIn('schemas/released')),
  ...compare(readReleases(), schemasIn('schemas')),
]

/** Both come with each release: answers which of the two was forgotten, in words. */
export const unpairedVersions = (kept: readonly string[], released: readonly string[]): readonly string[] => [
  ...kept
    .filter(version => !released.includes(version))
    .map(version => `${version} is in test/kept, its schemas are not in schemas/released`),
  ...released
    .filter(version => !kept.includes(version))
    .map(version => `${version} is in schemas/released, what it left is not in test/kept`),
]

const foldersIn = (directory: string): readonly string[] =>
  readdirSync(join(root, directory), { withFileTypes: true })
    .filter(one => one.isDirectory())
    .map(({ name }) => name)

/** Throws where one of them has no schemas: then nothing would be compared. */
export function readReleases(): readonly Release[] {
  const versions = foldersIn('schemas/released')
  const releases = versions.map(version => ({ version, schemas: schemasIn(`schemas/released/${version}`) }))
  const empty = releases.filter(({ schemas }) => schemas.length === 0).map(({ version }) => version)
  if (releases.length === 0 || empty.length > 0)
    throw new Error(
      `comparing schemas: expected those of each version in schemas/released/<version>, got none${empty.map(version => ` of ${version}`).join()}`,
    )
  return releases
}

const schemasIn = (directory: string): readonly Schema[] =>
  globSync(`${directory}/*.avsc`, { cwd: root }).map(path => named(readFileSync(join(root, path), 'utf8')))

const named = (text: string): Schema => {
  const { namespace, name } = JSON.parse(text)
  return { name: `${namespace}.${name}`, text }
}

export function compare(releases: readonly Release[], current: readonly Schema[]): readonly string[] {
  const byName = new Map(current.map(one => [one.name, one.text]))
  return releases.flatMap(({ version, schemas }) =>
    schemas.flatMap(old => compareOne(old, byName.get(old.name)).map(problem => `${old.name} of ${version}: ${problem}`)),
  )
}

const compareOne = (old: Schema, current: string | undefined): readonly string[] =>
  current === undefined ? ['it is gone; its records must still be read'] : incompatibilitiesOf(old.text, current)

/** Both directions; answers what cannot be read, in words. */
export function incompatibilitiesOf(oldText: string, newText: string): readonly string[] {
  const older = avro.Type.forSchema(JSON.parse(oldText), { registry: {} })
  const newer = avro.Type.forSchema(JSON.parse(newText), { registry: {} })
  return [
    ...unreadable('the new schema cannot read old records', newer, older),
    ...unreadable('the old schema cannot read new records', older, newer),
  ]
}

function unreadable(what: string, reader: avro.Type, writer: avro.Type): readonly string[] {
  try {
    reader.createResolver(writer)
    return []
  } catch (error) {
    return [`${what}: ${String(error)}`]
  }
}
