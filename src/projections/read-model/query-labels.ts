// Labels as the API answers them, the last changed first, those that were deleted left out; and which of them a chat has.
import type { Transaction } from '../../database/database.ts'
import { type AnswerOf, answerOf, selectOf } from './columns.ts'
import { factText } from './facts.ts'
import { labelColumns } from './label-columns.ts'
import {
  createBindings,
  type OrderColumns,
  type Page,
  type PageRequest,
  pageOrder,
  pageTerms,
  rowsToRead,
  toPage,
} from './page.ts'

export type LabelAnswer = AnswerOf<typeof labelColumns>

export async function listLabels(
  database: Transaction,
  request: PageRequest & { instanceId: string },
): Promise<Page<LabelAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const terms = [`b.instance_id = ${bind(request.instanceId)}`, isThere, isTold, ...pageTerms(request, labelOrder, bindings)]
  const rows = await database.query<LabelRow>(
    `select ${selectOf(labelColumns, 'b')}, b.updated_at, b.epoch, b.sequence from labels b where ${terms.join(' and ')}
     order by ${pageOrder(request, labelOrder)} limit ${bind(rowsToRead(request))}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.updated_at, arrival: [row.epoch, row.sequence], id: row.labelId }),
    item: row => answerOf(labelColumns, row),
  })
}

/** null: there is none, or it was deleted. */
export async function getLabel(
  database: Transaction,
  { instanceId, labelId }: { instanceId: string; labelId: string },
): Promise<LabelAnswer | null> {
  const [row] = await database.query<LabelRow>(
    `select ${selectOf(labelColumns, 'b')}, b.updated_at, b.epoch, b.sequence from labels b
     where b.instance_id = $1 and b.label_id = $2 and ${isThere} and ${isTold}`,
    [instanceId, labelId],
  )
  return row === undefined ? null : answerOf(labelColumns, row)
}

/** SQL: ids of all labels that were ever told of the instance `$1`, also of those that were deleted. */
export const toldLabels = 'select label_id from labels where instance_id = $1'

type LabelRow = { labelId: string; updated_at: Date; epoch: string; sequence: string }

const labelOrder: OrderColumns = { at: 'b.updated_at', arrival: ['b.epoch', 'b.sequence'], id: 'b.label_id' }
const isThere = `coalesce(${factText('b.facts', 'deleted')}, 'false') = 'false'`
/** What was only taken away was never said to be a label. By the two indexes that there are of what has one. */
const hasSome = (of: string) => `exists (
  select from label_links x where x.instance_id = b.instance_id and x.label_id = b.label_id and x.is_on and x.target_message_id ${of})`
const isTold = `(b.facts <> '{}' or ${hasSome("= ''")} or ${hasSome("<> ''")})`

/** The labels of a chat by all of its addresses (an array), as a JSON list; both are SQL. Of two addresses the last word counts. */
export const labelsOfChat = (instance: string, addresses: string): string => `(
  select coalesce(json_agg(last.label_id order by last.label_id), '[]')
  from (
    select distinct on (x.label_id) x.label_id, x.is_on from label_links x
    where x.instance_id = ${instance} and x.chat_id = any (${addresses}) and x.target_message_id = ''
    order by x.label_id, x.epoch desc, x.sequence desc, x.is_on desc) last
  join labels b on b.instance_id = ${instance} and b.label_id = last.label_id
  where last.is_on and ${isThere})`
