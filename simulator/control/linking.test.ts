import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { type BaileysClient, openBaileysClient } from '../baileys-client.ts'
import { callControl } from './call-control.ts'
import { openSimulatorServer, type SimulatorServer } from './control.ts'

const ana = { pn: '5511900000011', name: 'Ana' }
let server: SimulatorServer
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  server = await openSimulatorServer()
})
afterAll(() => server.close())

const call = (method: string, path: string, body?: unknown) => callControl(server, { method, path, body })

type Linking = (to: BaileysClient, pn: string) => Promise<{ status: number }>
const byQr: Linking = async (to, other) => call('POST', '/scan', { qr: await to.whenQr(), pn: other, share: false })
const byCode: Linking = async (to, other) => {
  await to.whenQr()
  const answered = new Promise(resolve => to.socket().ws.once('CB:iq,,link_code_companion_reg', resolve))
  const code = await to.socket().requestPairingCode(other)
  await answered
  return call('POST', '/pairing-code', { code, pn: other, share: false })
}

it.each([
  ['a QR code', '5511900000002', byQr],
  ['a code', '5511900000003', byCode],
])(
  '[K1] a phone that is linked by %s with share: false keeps its key back until it is told to share it',
  async (_, other, link) => {
    const linked = openBaileysClient(server.url, undefined, { shouldSyncHistoryMessage: () => false })
    expect((await link(linked, other)).status).toBe(201)
    await linked.waitFor(linked.isOpen)
    /** What the phone said before is there as well. */
    const upToNow = async () => {
      const { messageId } = (await call('POST', `/devices/${other}/messages`, { kind: 'text', text: 'oi', from: ana })).body
      await linked.waitFor(() =>
        linked.events.some(event => event['messages.upsert']?.messages.some(one => one.key.id === messageId)),
      )
    }
    const hasKey = () => linked.auth.creds.myAppStateKeyId !== undefined
    const act = (body: object) => call('POST', `/devices/${other}/app-state`, { actions: [], ...body })
    for (const body of [null, {}, { share: false }]) {
      if (body !== null) expect((await act(body)).status).toBe(202)
      await upToNow()
      expect(hasKey()).toBe(false)
    }
    expect((await act({ share: true })).status).toBe(202)
    await until('it has the key', hasKey)
    await linked.close()
  },
)
