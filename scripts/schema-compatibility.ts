// FULL_TRANSITIVE: every schema reads every released version of itself, and every released version reads it.
// What a version released is in test/kept/<version>: the schemas of its registry, kept with each release and never changed afterwards.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import avro from 'avsc'
import { fromJson } from '../simulator/accounts/bytes-json.ts'
import { expand } from '../test/kept/archive.ts'
import type { RegistryDump } from '../test/kept/registry-dump.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `name`: the schema's full one, which is its subject, too. */
export type Schema = { name: string; text: string }
export type Release = { version: string; schemas: readonly Schema[] }

export async function findIncompatibilities(): Promise<readonly string[]> {
  const current = globSync('schemas/*.avsc', { cwd: root }).map(path => readFileSync(join(root, path), 'utf8'))
  return compare(await readReleases(), current.map(named))
}

const named = (text: string): Schema => {
  const { namespace, name } = JSON.parse(text)
  return { name: `${namespace}.${name}`, text }
}

/** Throws where one of them has no schemas: then nothing would be compared. */
export async function readReleases(): Promise<readonly Release[]> {
  const archives = globSync('test/kept/*/external/parts.zst', { cwd: root })
  const releases = await Promise.all(archives.map(readRelease))
  const empty = releases.filter(({ schemas }) => schemas.length === 0).map(({ version }) => version)
  if (releases.length === 0 || empty.length > 0)
    throw new Error(
      `comparing schemas: expected those of a registry in each test/kept/<version>/external, got none${empty.map(version => ` of ${version}`).join()}`,
    )
  return releases
}

async function readRelease(archive: string): Promise<Release> {
  const text = (await expand(readFileSync(join(root, archive)))).toString('utf8')
  const { registry = [] } = fromJson(text) as { registry?: RegistryDump }
  return {
    version: dirname(archive).split('/').at(-2) ?? archive,
    schemas: registry.map(({ subject, schema }) => ({ name: subject, text: schema })),
  }
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
