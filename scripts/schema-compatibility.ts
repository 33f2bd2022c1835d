// FULL_TRANSITIVE: every schema reads every released version of itself, and every released version reads it.
// schemas/released/<version>/ is a copy of schemas/*.avsc made at each release, and never changed afterwards.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import avro from 'avsc'

const directory = new URL('../schemas/', import.meta.url)
const released = new URL('released/', directory)

export function findIncompatibilities(): readonly string[] {
  if (!existsSync(released)) return []
  return readdirSync(released).flatMap(version => {
    const ofVersion = new URL(`${version}/`, released)
    return readdirSync(ofVersion).flatMap(file => compare(file, version, new URL(file, ofVersion)))
  })
}

function compare(file: string, version: string, old: URL): readonly string[] {
  const current = new URL(file, directory)
  if (!existsSync(current)) return [`${file}: released in ${version}, now gone; rebuilds must still read it`]
  return incompatibilitiesOf(readFileSync(old, 'utf8'), readFileSync(current, 'utf8')).map(
    problem => `${file} against ${version}: ${problem}`,
  )
}

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
