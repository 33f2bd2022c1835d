// The published schemas explain themselves: each record and each field says what it holds, each event type when it is written.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Avro = { type?: unknown; name?: string; doc?: string; fields?: readonly Avro[]; items?: Avro }

const directory = new URL('../../schemas/', import.meta.url)
const files = readdirSync(directory).filter(file => file.endsWith('.avsc'))
const schemaIn = (file: string): Avro => JSON.parse(readFileSync(new URL(file, directory), 'utf8'))

/** The paths of what has no words. */
function silentIn(one: unknown, path: string): readonly string[] {
  if (Array.isArray(one)) return one.flatMap(branch => silentIn(branch, path))
  if (typeof one !== 'object' || one === null) return []
  const { type, name, doc, fields, items }: Avro = one
  const here = name === undefined ? path : `${path}/${name}`
  const isSilent = name !== undefined && (doc ?? '').trim() === ''
  return [
    ...(isSilent ? [here] : []),
    ...(fields ?? []).flatMap(field => silentIn(field, here)),
    ...silentIn(type, here),
    ...silentIn(items, here),
  ]
}

test('[B5] every record and every field of every schema says what it holds', () => {
  expect(files.length).toBeGreaterThan(20)
  expect(files.flatMap(file => silentIn(schemaIn(file), file))).toEqual([])
})

test('[B5] every event type says when it is written, when again, and when not', () => {
  const unsaid = files.filter(file => !/^.+ When: .+ Again: .+ Not: .+$/.test(schemaIn(file).doc ?? ''))
  expect(unsaid).toEqual([])
})
