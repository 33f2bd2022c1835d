import { expect, test } from 'vitest'
import { type Ending, nextStep } from '../../src/producers/socket/reconnect-policy.ts'

const ending = (of: Partial<Ending>): Ending => ({
  ...{ statusCode: 0, message: '', own: null, details: {}, qrRoundsLeft: 0, wanted: 'running' },
  ...of,
})

test.each([
  [515, '', 'restart-now', 'reconnecting', 'restart-required'],
  [428, '', 'reconnect', 'reconnecting', 'network'],
  [503, '', 'reconnect', 'reconnecting', 'network'],
  [408, 'Connection was lost', 'reconnect', 'reconnecting', 'network'],
  [440, '', 'stop', 'closed', 'replaced'],
  [401, '', 'stop', 'logged-out', 'logged-out'],
  [402, '', 'stop', 'closed', 'banned'],
  [403, '', 'stop', 'closed', 'banned'],
  [405, '', 'stop', 'closed', 'client-outdated'],
  [411, '', 'stop', 'closed', 'internal'],
  [500, 'Stream Errored', 'reconnect', 'reconnecting', 'internal'],
  [0, '', 'reconnect', 'reconnecting', 'internal'],
])('[A1] [A2] close code %i %s leads to %s, state %s, reason %s', (statusCode, message, action, state, reason) => {
  const step = nextStep(ending({ statusCode, message }))
  expect(step).toMatchObject({ action, state, reason })
  expect(step.reasonText.length).toBeGreaterThan(10)
})

test('[A2] codes that ran out are renewed while there are rounds left, then the instance is parked', () => {
  const ranOut = { statusCode: 408, message: 'QR refs attempts ended' }
  expect(nextStep(ending({ ...ranOut, qrRoundsLeft: 1 }))).toMatchObject({ action: 'restart-now', reason: 'qr-expired' })
  expect(nextStep(ending({ ...ranOut, qrRoundsLeft: 0 }))).toMatchObject({
    action: 'stop',
    state: 'closed',
    reason: 'qr-expired',
  })
})

test('[A1] what kept the connection from coming is said', () => {
  const message = 'WebSocket Error (getaddrinfo ENOTFOUND web.whatsapp.com)'
  expect(nextStep(ending({ statusCode: 408, message })).reasonText).toBe(
    'The connection to WhatsApp failed: getaddrinfo ENOTFOUND web.whatsapp.com.',
  )
  expect(nextStep(ending({ statusCode: 408, message: 'Connection was lost' })).reasonText).toBe(
    'The connection to WhatsApp was lost.',
  )
})

test('[A1] a ban says for how long', () => {
  expect(nextStep(ending({ statusCode: 402, details: { expire: '7200' } })).reasonText).toBe(
    'WhatsApp banned this account for 2 hours.',
  )
})

test.each([
  [
    'running',
    'A restart was asked for.',
    'The phone removed this device, or WhatsApp no longer knows it. It has to be paired again.',
  ],
  ['logged-out', 'A log-out was asked for.', 'A log-out was asked for. WhatsApp has unlinked this device.'],
  ['deleted', 'The instance is deleted.', 'The instance is deleted. WhatsApp has unlinked this device.'],
] as const)('[A1] an end on request says what was asked for: %s', (wanted, onRequest, unlinked) => {
  expect(nextStep(ending({ own: 'requested', wanted })).reasonText).toBe(onRequest)
  expect(nextStep(ending({ statusCode: 401, wanted })).reasonText).toBe(unlinked)
})

test('[B2] a socket that zaplog ended is judged by that, not by the code of its end', () => {
  expect(nextStep(ending({ statusCode: 428, own: 'log-unavailable' }))).toMatchObject({
    action: 'reconnect',
    reason: 'log-unavailable',
  })
  expect(nextStep(ending({ statusCode: 401, own: 'shutdown' }))).toMatchObject({ action: 'rest', reason: 'requested' })
})
