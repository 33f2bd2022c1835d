// Turns the bodies of calls (the schemas of their routes) into docs/bodies.md: of each what it may have, with type, limits and meaning. Throws where
// a field says nothing. Answers file path -> content.
import type { z } from 'zod'
import { bodyRows } from './body-rows.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'
import { type NotedRoute, noteOwnRoutes, noteRoutes } from './note-routes.ts'
import { jsonOf } from './verb-fields.ts'

const path = 'docs/bodies.md'
const marks = ['<!-- bodies: generated from the routes of the API by npm run generate -->', '<!-- /bodies -->'] as const
const messages = '/v1/instances/:id/messages'

export function generateBodyDocs(): ReadonlyMap<string, string> {
  const routes = [...noteRoutes(), ...noteOwnRoutes()]
  const kinds = routes.filter(({ method, url }) => method === 'POST' && url === messages).flatMap(kindsOf)
  const others = routes.filter(({ url }) => url !== messages).flatMap(sectionOf)
  refuseSilence([...kinds, ...others])
  const [ofMessages, ofCalls] = [kinds, others].map(sections => sections.map(textOf).join('\n\n'))
  const parts = [index(kinds), '## Messages', ofMessages, '## Other calls', ofCalls]
  return new Map([[path, replaceBetween(readOf(path), path, marks, parts.join('\n\n'))]])
}

/** `examples`: bodies that are taken. */
type Section = { title: string; doc: string; rows: readonly (readonly string[])[]; examples: readonly unknown[] }

function kindsOf({ schema }: NotedRoute): readonly Section[] {
  const body = jsonOf(schema.body ?? refuse('messages without a body'))
  const examples = Object.values(body['x-examples'] ?? {}).map(({ value }) => value)
  return (body.oneOf ?? []).map(one => {
    const { const: kind, description = '' } = one.properties?.kind ?? {}
    const its = examples.filter(value => kindIn(value) === kind)
    return { title: `kind ${String(kind)}`, doc: description, rows: bodyRows(one), examples: its }
  })
}

function sectionOf({ method, url, schema }: NotedRoute): readonly Section[] {
  const body = schema.body === undefined ? null : jsonOf(schema.body)
  const all = body === null ? [] : bodyRows(body)
  if (all.length === 0) return []
  // What a change leaves out stays as it is.
  const rows =
    method === 'PATCH' ? all.map(([name, type, limits, what]) => [name, type, limits.replace(/(; )?\[.*\]$/, ''), what]) : all
  const title = `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`
  // zod leaves out the examples of what it transforms.
  return [{ title, doc: schema.summary, rows, examples: examplesOf(schema.body) }]
}

function examplesOf(body: z.ZodType | undefined): readonly unknown[] {
  const examples = body?.meta()?.examples
  return Array.isArray(examples) ? examples : []
}

const kindIn = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'kind' in value ? value.kind : null)

/** Pictures in base64 are long. */
const MOST_OF_EXAMPLE = 300

function textOf({ title, doc, rows, examples }: Section): string {
  const lines = examples.map(example => JSON.stringify(example)).filter(line => line.length <= MOST_OF_EXAMPLE)
  const shown = lines.length === 0 ? [] : [`\`\`\`json\n${lines.join('\n')}\n\`\`\``]
  const said = doc === '' ? [] : [`${doc.charAt(0).toUpperCase()}${doc.slice(1)}.`]
  return [`### ${title}`, ...said, markdownTable(['field', 'type', 'limits', 'meaning'], rows), ...shown].join('\n\n')
}

const index = (kinds: readonly Section[]): string =>
  `Messages: ${kinds.map(({ title }) => `[${title.slice('kind '.length)}](#${title.replaceAll(' ', '-')})`).join(', ')}. Then [other calls](#other-calls).`

function refuseSilence(sections: readonly Section[]): void {
  const silent = sections.flatMap(({ title, rows }) =>
    rows.flatMap(([name, , , what]) => (what === '' ? [`${title}: ${name}`] : [])),
  )
  if (silent.length > 0) refuse(`a text for each field, got none for ${silent.join(', ')}`)
}

function refuse(expected: string): never {
  throw new Error(`documenting bodies: expected ${expected}`)
}
