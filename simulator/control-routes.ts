// The routes of /sim/v1: JSON in, JSON out, each a thin step over the simulator.
import type { FastifyInstance } from 'fastify'
import { sendRequested } from './control-message.ts'
import { conflict, notFound, parseRequest } from './control-problem.ts'
import {
  cdnFaultRequest,
  conversationRequest,
  type DeviceFaultRequest,
  deviceFaultRequest,
  messageRequest,
  receiptRequest,
  scanRequest,
} from './control-requests.ts'
import { playConversation } from './conversation.ts'
import type { SimDevice } from './device.ts'
import type { Simulator } from './simulator.ts'

type OfDevice = { Params: { pn: string } }

export function addControlRoutes(app: FastifyInstance, simulator: Simulator, signal: AbortSignal): void {
  app.post('/sim/v1/scan', async (request, reply) => {
    const { qr, ...phone } = parseRequest(scanRequest, request.body)
    const device = await simulator.scanQr(qr, phone).catch(error => {
      throw conflict(error.message)
    })
    return reply.code(201).send(deviceView(device))
  })
  app.get('/sim/v1/devices', () => ({ data: simulator.devices().map(deviceView) }))
  app.get<OfDevice>('/sim/v1/devices/:pn/pending', ({ params }) => ({ data: deviceOf(simulator, params.pn).pending() }))
  app.get<OfDevice>('/sim/v1/devices/:pn/settled', ({ params }) => ({ data: deviceOf(simulator, params.pn).settled() }))
  app.post<OfDevice>('/sim/v1/devices/:pn/messages', async ({ params, body }, reply) => {
    const device = deviceOf(simulator, params.pn)
    return reply.code(202).send(await sendRequested(simulator, device, parseRequest(messageRequest, body)))
  })
  app.post<OfDevice>('/sim/v1/devices/:pn/receipts', async ({ params, body }, reply) => {
    const device = deviceOf(simulator, params.pn)
    const { from, group, ...receipt } = parseRequest(receiptRequest, body)
    const contact = simulator.contact(from)
    device.receipt({
      ...receipt,
      from: contact,
      ...(group && { group: simulator.group({ ...group, members: [device.owner, contact] }) }),
    })
    return reply.code(202).send({ messageIds: receipt.messageIds })
  })
  app.post<OfDevice>('/sim/v1/devices/:pn/conversation', async ({ params, body }, reply) => {
    const device = deviceOf(simulator, params.pn)
    const pace = parseRequest(conversationRequest, body ?? {})
    return reply.code(202).send({ data: await playConversation(simulator, device, { signal, ...pace }) })
  })
  app.post<OfDevice>('/sim/v1/devices/:pn/faults', async ({ params, body }, reply) => {
    const device = deviceOf(simulator, params.pn)
    applyFault(device, parseRequest(deviceFaultRequest, body))
    return reply.code(202).send(deviceView(device))
  })
  app.post('/sim/v1/cdn/faults', async (request, reply) => {
    const fault = parseRequest(cdnFaultRequest, request.body)
    if (simulator.cdn.get(fault.path) === null) throw notFound(`there is no ${fault.path} on the CDN`)
    if (fault.kind === 'heal') simulator.cdn.heal(fault.path)
    else simulator.cdn.fault(fault.path, fault, fault.times)
    return reply.code(202).send(fault)
  })
}

function applyFault(device: SimDevice, fault: DeviceFaultRequest): void {
  switch (fault.kind) {
    case 'drop':
      device.drop()
      break
    case 'logout':
      device.streamError('loggedOut')
      break
    case 'streamError':
      device.streamError(fault.error)
      break
    case 'refuseLogin':
      device.refuseLogin(fault.code)
      break
    case 'refuseMessages':
      device.refuseMessages(fault.code)
      break
    case 'mediaRetry':
      device.answerMediaRetry(fault.answer)
      break
    case 'redeliver':
      device.redeliver(fault.ids)
      break
    default:
      fault satisfies never
  }
}

function deviceOf(simulator: Simulator, pn: string): SimDevice {
  const device = simulator.devices().findLast(candidate => candidate.pn === pn)
  if (device === undefined) throw notFound(`no companion of ${pn} is linked`)
  return device
}

function deviceView(device: SimDevice) {
  const { pn, deviceId, jid, lidJid, owner } = device
  const [isOnline, isRemoved] = [device.isOnline(), device.isRemoved()]
  return { pn, deviceId, jid, lidJid, name: owner.name, isOnline, isRemoved, pending: device.pending().length }
}
