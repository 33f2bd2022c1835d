// A call of the control API, for tests of it.
import type { SimulatorServer } from './control.ts'

/** Every field any answer has. */
export type Answer = {
  jid: string
  messageId: string
  directPath: string | null
  type: string
  isRemoved: boolean
  pending: number
  data: { id: string; messageId: string }[]
  errors: { pointer: string }[]
}

export async function callControl(
  { controlUrl }: Pick<SimulatorServer, 'controlUrl'>,
  { method, path, body }: { method: string; path: string; body?: unknown },
) {
  const request = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`${controlUrl}/sim/v1${path}`, { method, ...request })
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Answer }
}
