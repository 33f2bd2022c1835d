// Turns what is delivered (src/events/definitions.ts, deliveries-alone.ts) and what is not by default (src/events/not-by-default.ts) into parts
// of docs/contract.md and README; answers file path -> content.
import { events } from '../src/events/definitions.ts'
import { notByDefault } from '../src/events/not-by-default.ts'
import type { Field } from '../src/events/schema-fields.ts'
import { deliveryTypes } from '../src/events/vocabulary.ts'
import { deliveriesAlone } from '../src/webhooks/stream/deliveries-alone.ts'
import { isLeftOut } from '../src/webhooks/stream/delivery-body.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'
import { wrap } from './wrap-text.ts'

const data = [
  '<!-- fields of data: generated from src/events/definitions.ts by npm run generate -->',
  '<!-- /fields of data -->',
] as const
const defaults = [
  '<!-- types by default: generated from src/events/not-by-default.ts by npm run generate -->',
  '<!-- /types by default -->',
] as const

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateDeliveryDocs(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const textOf = (path: string) => earlier.get(path) ?? readOf(path)
  const contract = replaceBetween(textOf('docs/contract.md'), 'docs/contract.md', data, dataTable())
  return new Map([
    ['docs/contract.md', replaceBetween(contract, 'docs/contract.md', defaults, byDefault('An endpoint without `eventTypes`'))],
    ['README.md', replaceBetween(textOf('README.md'), 'README.md', defaults, byDefault('Without `--types` an endpoint'))],
  ])
}

const byDefault = (whoever: string) =>
  wrap(
    `${whoever} gets all but ${notByDefault.map(one => `\`${one}\``).join(', ')}; of \`media.*\` it gets \`media.updated\` for messages it was sent.`,
  )

/** Types with the same fields are a row. */
const dataTable = () =>
  markdownTable(
    ['type', 'fields of data; ? may be left out'],
    [...Map.groupBy(deliveryTypes.here, fieldsOf)].map(([fields, types]) => [types.join(', '), fields]),
  )

function fieldsOf(type: string): string {
  const event = events.find(one => one.type === type)
  if (event !== undefined) return Object.entries(event.fields).flatMap(named).join(', ')
  const alone = deliveriesAlone.find(one => one.type === type)?.data ?? []
  return alone.flatMap(([name]) => (name.startsWith('`') ? [name.replaceAll('`', '')] : [])).join(', ')
}

const named = ([name, { type }]: [string, Field]): readonly string[] => {
  if (isLeftOut(name)) return []
  return [typeof type === 'object' && 'optional' in type ? `${name}?` : name]
}
