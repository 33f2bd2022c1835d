// The calls of /sim/v1: what each is for, what it takes, and the thin step over the simulator that answers it.
import type { z } from 'zod'
import type { SimDevice } from '../accounts/device.ts'
import { playConversation } from '../conversation.ts'
import { appStateCalls } from './app-state.ts'
import { type At, type ControlCall, does, reads } from './call.ts'
import {
  cdnFaultExamples,
  conversationExample,
  deviceFaultExamples,
  messageExamples,
  pairingCodeExample,
  receiptExample,
  scanExample,
} from './examples.ts'
import { applyFault } from './fault.ts'
import { happenings } from './happenings.ts'
import { historyCalls } from './history.ts'
import { sendRequested } from './message.ts'
import { namedGroup } from './named-group.ts'
import { conflict, notFound } from './problem.ts'
import {
  type CdnFaultRequest,
  cdnFaultRequest,
  conversationRequest,
  type DeviceFaultRequest,
  deviceFaultRequest,
  messageRequest,
  pairingCodeRequest,
  receiptRequest,
  scanRequest,
} from './requests.ts'
import { sentCalls } from './sent.ts'

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
    scan,
  ),
  does(
    {
      path: '/sim/v1/pairing-code',
      about:
        'The owner types the pairing code on the phone; the body may be what zaplog answers at POST /v1/instances/{id}/pairing-code, as it is. Answers the linked device.',
      takes: pairingCodeRequest,
      examples: [pairingCodeExample],
      status: 201,
    },
    typePairingCode,
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
    sendReceipt,
  ),
  ...happenings,
  ...appStateCalls,
  ...historyCalls,
  ...sentCalls,
  reads({ path: '/sim/v1/devices/:pn/pending', about: 'What the client has not acknowledged yet.' }, ({ device }) => ({
    data: device().pending(),
  })),
  reads({ path: '/sim/v1/devices/:pn/settled', about: 'What the client did with each stanza.' }, ({ device }) => ({
    data: device().settled(),
  })),
  does(
    {
      path: '/sim/v1/devices/:pn/faults',
      about:
        'Cuts, stream errors, log-outs, refusals and redeliveries, and what becomes of what the client sends. A refusal lasts until its code is null.',
      takes: deviceFaultRequest,
      examples: Object.values(deviceFaultExamples),
    },
    faultDevice,
  ),
  does(
    {
      path: '/sim/v1/cdn/faults',
      about:
        'The next `times` [every] downloads of a path go wrong, until it is healed; the path is what a message’s answer gives.',
      takes: cdnFaultRequest,
      examples: Object.values(cdnFaultExamples),
    },
    faultCdn,
  ),
]

function scan({ simulator }: At, { qr, pn, name, share }: z.infer<typeof scanRequest>) {
  return linked(simulator.scanQr(qr, name === undefined ? { pn } : { pn, name }), share)
}

function typePairingCode({ simulator }: At, { code, pn, name, share }: z.infer<typeof pairingCodeRequest>) {
  return linked(simulator.typePairingCode(code, name === undefined ? { pn } : { pn, name }), share)
}

/** It is told before the device logs in, which it does through another connection. */
async function linked(linking: Promise<SimDevice>, sharesKey: boolean) {
  const device = await linking.catch(error => {
    throw conflict(error.message)
  })
  if (!sharesKey) device.withholdAppState()
  return deviceView(device)
}

function sendReceipt({ simulator, device }: At, { from, group, ...receipt }: z.infer<typeof receiptRequest>) {
  const to = device()
  const contact = simulator.contact(from)
  const inGroup = group && { group: namedGroup(simulator, group, { owner: to.owner, writer: contact }) }
  to.receipt({ ...receipt, ...inGroup, from: contact })
  return { messageIds: receipt.messageIds }
}

function faultDevice({ simulator, device }: At, fault: DeviceFaultRequest) {
  const to = device()
  applyFault({ simulator, device: to }, fault)
  return deviceView(to)
}

function faultCdn({ simulator }: At, fault: CdnFaultRequest) {
  if (simulator.cdn.get(fault.path) === null) throw notFound(`there is no ${fault.path} on the CDN`)
  if (fault.kind === 'heal') simulator.cdn.heal(fault.path)
  else simulator.cdn.fault(fault.path, fault, fault.times)
  return fault
}

const view = ({ method, path, about, examples }: ControlCall) => ({ method, path: path.replace(':pn', '{pn}'), about, examples })

function deviceView(device: SimDevice) {
  const { pn, deviceId, jid, lidJid, owner } = device
  const [isOnline, isRemoved] = [device.isOnline(), device.isRemoved()]
  return { pn, deviceId, jid, lidJid, name: owner.name, isOnline, isRemoved, pending: device.pending().length }
}
