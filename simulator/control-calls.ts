// The calls of /sim/v1: what each is for, what it takes, and the thin step over the simulator that answers it.
import type { ZodType } from 'zod'
import {
  cdnFaultExamples,
  conversationExample,
  deviceFaultExamples,
  messageExamples,
  receiptExample,
  scanExample,
} from './control-examples.ts'
import { applyFault } from './control-fault.ts'
import { sendRequested } from './control-message.ts'
import { conflict, notFound, parseRequest } from './control-problem.ts'
import {
  cdnFaultRequest,
  conversationRequest,
  deviceFaultRequest,
  messageRequest,
  receiptRequest,
  scanRequest,
} from './control-requests.ts'
import { playConversation } from './conversation.ts'
import type { SimDevice } from './device.ts'
import type { Simulator } from './simulator.ts'

export type ControlCall = {
  method: 'GET' | 'POST'
  /** As fastify writes it; `:pn` is the phone number of a linked device. */
  path: string
  about: string
  /** null: no body. */
  takes: ZodType | null
  examples: readonly object[]
  status: number
  /** Throws the problems of control-problem.ts. */
  answer(at: At, body: unknown): unknown
}
type At = {
  simulator: Simulator
  signal: AbortSignal
  /** The newest companion of the number in the path. Throws a 404 when none is linked. */
  device(): SimDevice
}
type Described = Pick<ControlCall, 'path' | 'about'>

const reads = (call: Described, answer: ControlCall['answer']): ControlCall => ({
  method: 'GET',
  ...call,
  takes: null,
  examples: [],
  status: 200,
  answer,
})

type Taking<Body> = Described & { takes: ZodType<Body>; examples: readonly object[]; status?: number }

const does = <Body>(call: Taking<Body>, answer: (at: At, body: Body) => unknown): ControlCall => ({
  method: 'POST',
  status: 202,
  ...call,
  answer: (at, body) => answer(at, parseRequest(call.takes, body)),
})

export const controlCalls: readonly ControlCall[] = [
  reads({ path: '/sim/v1', about: 'This list.' }, () => ({ data: controlCalls.map(view) })),
  reads({ path: '/', about: 'The same list.' }, () => ({ data: controlCalls.map(view) })),
  does(
    {
      path: '/sim/v1/scan',
      about:
        'The phone scans a QR code; the body may be what zaplog answers at GET /v1/instances/{id}/qr, as it is. Answers the linked device.',
      takes: scanRequest,
      examples: [scanExample],
      status: 201,
    },
    async ({ simulator }, { qr, pn, name }) => {
      const device = await simulator.scanQr(qr, name === undefined ? { pn } : { pn, name }).catch(error => {
        throw conflict(error.message)
      })
      return deviceView(device)
    },
  ),
  reads({ path: '/sim/v1/devices', about: 'The linked devices, in the order of their scans.' }, ({ simulator }) => ({
    data: simulator.devices().map(deviceView),
  })),
  does(
    {
      path: '/sim/v1/devices/:pn/conversation',
      about:
        'Two people and a group write to the phone, every media kind among it. Answers when all is sent, with what was sent.',
      takes: conversationRequest,
      examples: [conversationExample],
    },
    async ({ simulator, device, signal }, pace) => ({ data: await playConversation(simulator, device(), { signal, ...pace }) }),
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/messages',
      about:
        'One message; its files are small samples unless `bytes` has one in base64. Answers its id, and its path on the CDN.',
      takes: messageRequest,
      examples: Object.values(messageExamples),
    },
    ({ simulator, device }, message) => sendRequested(simulator, device(), message),
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/receipts',
      about: 'Somebody has received, read or played messages of the phone.',
      takes: receiptRequest,
      examples: [receiptExample],
    },
    ({ simulator, device }, { from, group, ...receipt }) => {
      const to = device()
      const contact = simulator.contact(from)
      to.receipt({
        ...receipt,
        from: contact,
        ...(group && { group: simulator.group({ ...group, members: [to.owner, contact] }) }),
      })
      return { messageIds: receipt.messageIds }
    },
  ),
  reads({ path: '/sim/v1/devices/:pn/pending', about: 'What the client has not acknowledged yet.' }, ({ device }) => ({
    data: device().pending(),
  })),
  reads({ path: '/sim/v1/devices/:pn/settled', about: 'What the client did with each stanza.' }, ({ device }) => ({
    data: device().settled(),
  })),
  does(
    {
      path: '/sim/v1/devices/:pn/faults',
      about: 'Cuts, stream errors, log-outs, refusals and redeliveries. A refusal lasts until its code is null.',
      takes: deviceFaultRequest,
      examples: Object.values(deviceFaultExamples),
    },
    ({ device }, fault) => {
      const to = device()
      applyFault(to, fault)
      return deviceView(to)
    },
  ),
  does(
    {
      path: '/sim/v1/cdn/faults',
      about:
        'The next `times` [every] downloads of a path go wrong, until it is healed; the path is what a message’s answer gives.',
      takes: cdnFaultRequest,
      examples: Object.values(cdnFaultExamples),
    },
    ({ simulator }, fault) => {
      if (simulator.cdn.get(fault.path) === null) throw notFound(`there is no ${fault.path} on the CDN`)
      if (fault.kind === 'heal') simulator.cdn.heal(fault.path)
      else simulator.cdn.fault(fault.path, fault, fault.times)
      return fault
    },
  ),
]

const view = ({ method, path, about, examples }: ControlCall) => ({ method, path: path.replace(':pn', '{pn}'), about, examples })

function deviceView(device: SimDevice) {
  const { pn, deviceId, jid, lidJid, owner } = device
  const [isOnline, isRemoved] = [device.isOnline(), device.isRemoved()]
  return { pn, deviceId, jid, lidJid, name: owner.name, isOnline, isRemoved, pending: device.pending().length }
}
