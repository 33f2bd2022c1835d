// Calls as the API answers them, newest first.
import type { Transaction } from '../../database/database.ts'
import { storableId } from '../../events/storable-ids.ts'
import { callColumns } from './call-columns.ts'
import { type AnswerOf, answerOf, selectOf } from './columns.ts'
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

export type CallAnswer = AnswerOf<typeof callColumns>
type CallsRequest = PageRequest & { instanceId: string; status?: string | null }

export async function listCalls(database: Transaction, request: CallsRequest): Promise<Page<CallAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const terms = [`k.instance_id = ${bind(request.instanceId)}`, ...pageTerms(request, callOrder, bindings)]
  if (request.status != null) terms.push(`k.status = ${bind(request.status)}`)
  const rows = await database.query<CallRow>(
    `select ${selectOf(callColumns, 'k')}, k.epoch, k.sequence from calls k where ${terms.join(' and ')}
     order by ${pageOrder(request, callOrder)} limit ${bind(rowsToRead(request))}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.startedAt, arrival: [row.epoch, row.sequence], id: row.callId }),
    item: row => answerOf(callColumns, row),
  })
}

export async function getCall(
  database: Transaction,
  { instanceId, callId }: { instanceId: string; callId: string },
): Promise<CallAnswer | null> {
  const [row] = await database.query<CallRow>(
    `select ${selectOf(callColumns, 'k')}, k.epoch, k.sequence from calls k where k.instance_id = $1 and k.call_id = $2`,
    [instanceId, storableId(callId)],
  )
  return row === undefined ? null : answerOf(callColumns, row)
}

type CallRow = { callId: string; startedAt: Date; epoch: string; sequence: string }

const callOrder: OrderColumns = { at: 'k.started_at', arrival: ['k.epoch', 'k.sequence'], id: 'k.call_id' }
