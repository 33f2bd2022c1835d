// What people invite to, where they are, and what phones tell as a line of the conversation.
import { proto } from '@whiskeysockets/baileys'
import { type KindCase, key } from './kind-case.ts'

const invitations: readonly KindCase[] = [
  [
    'an event',
    {
      eventMessage: {
        name: 'Festa junina',
        description: 'Na sede',
        startTime: 1_798_761_600,
        location: { degreesLatitude: 1, degreesLongitude: 2, name: 'Sede' },
        joinLink: 'https://call.whatsapp.com/1',
        isCanceled: false,
        hasReminder: true,
        reminderOffsetSec: 3_600,
      },
    },
    {
      kind: 'event',
      text: 'Festa junina',
      location: { latitude: 1, longitude: 2, name: 'Sede' },
      interactive: {
        name: 'Festa junina',
        description: 'Na sede',
        startsAt: '2027-01-01T00:00:00.000Z',
        cancelled: false,
        joinUrl: 'https://call.whatsapp.com/1',
        remindSecondsBefore: 3_600,
      },
    },
  ],
  [
    'an event of the year 300,000',
    { eventMessage: { name: 'Longe', startTime: 9_404_640_000_000 } },
    { kind: 'event', text: 'Longe', interactive: { name: 'Longe' } },
  ],
  [
    'an invitation to a group',
    {
      groupInviteMessage: {
        groupJid: '120363000000000001@g.us',
        inviteCode: 'abc',
        inviteExpiration: 1_798_761_600,
        groupName: 'Clientes',
        caption: 'Entra aqui',
      },
    },
    {
      kind: 'group-invite',
      text: 'Entra aqui',
      interactive: {
        groupId: '120363000000000001@g.us',
        name: 'Clientes',
        code: 'abc',
        expiresAt: '2027-01-01T00:00:00.000Z',
      },
    },
  ],
  [
    'an invitation to administer a channel',
    { newsletterAdminInviteMessage: { newsletterJid: '120363000000000002@newsletter', newsletterName: 'Ofertas' } },
    {
      kind: 'group-invite',
      text: 'Ofertas',
      interactive: { channelId: '120363000000000002@newsletter', name: 'Ofertas', role: 'admin' },
    },
  ],
]

const places: readonly KindCase[] = [
  [
    'a place without numbers',
    { locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: Number.POSITIVE_INFINITY } },
    { kind: 'location', location: null },
  ],
  [
    'an update of a live location',
    {
      liveLocationMessage: {
        degreesLatitude: 1,
        degreesLongitude: 2,
        sequenceNumber: 7,
        timeOffset: 60,
        accuracyInMeters: 5,
        speedInMps: Number.NaN,
      },
    },
    {
      kind: 'live-location',
      location: { latitude: 1, longitude: 2 },
      interactive: { sequenceNumber: 7, sentAfterSeconds: 60, accuracyMeters: 5 },
    },
  ],
]

const system: readonly KindCase[] = [
  [
    'a payment that is asked for',
    {
      requestPaymentMessage: {
        amount1000: 45_000,
        currencyCodeIso4217: 'BRL',
        requestFrom: '5511900000011@s.whatsapp.net',
        noteMessage: { extendedTextMessage: { text: 'o bolo' } },
      },
    },
    {
      kind: 'system',
      text: 'o bolo',
      interactive: {
        action: 'payment-requested',
        amount: { currency: 'BRL', amount1000: 45_000 },
        payerId: '5511900000011@s.whatsapp.net',
      },
    },
  ],
  [
    'a payment',
    { sendPaymentMessage: { noteMessage: { conversation: 'pago' }, requestMessageKey: { id: 'R' } } },
    { kind: 'system', text: 'pago', interactive: { action: 'payment-sent', requestMessageId: 'R' } },
  ],
  [
    'a call that was missed',
    {
      callLogMesssage: {
        isVideo: true,
        callOutcome: proto.Message.CallLogMessage.CallOutcome.MISSED,
        durationSecs: 0,
        participants: [{ jid: '201:2@lid', callOutcome: proto.Message.CallLogMessage.CallOutcome.REJECTED }],
      },
    },
    {
      kind: 'system',
      interactive: {
        action: 'call-logged',
        outcome: 'missed',
        video: true,
        durationSeconds: 0,
        participants: [{ id: '201@lid', outcome: 'rejected' }],
      },
    },
  ],
  [
    'a message that is kept',
    { keepInChatMessage: { key, keepType: proto.KeepType.KEEP_FOR_ALL } },
    { kind: 'system', interactive: { action: 'message-kept', targetMessageId: 'T' } },
  ],
  [
    'a text that is named with what fills it',
    { highlyStructuredMessage: { namespace: 'n', elementName: 'ola', params: ['Ana'] } },
    { kind: 'system', text: 'Ana', interactive: { action: 'structured-text', namespace: 'n', name: 'ola', params: ['Ana'] } },
  ],
  [
    'a number that is asked for',
    { requestPhoneNumberMessage: {} },
    { kind: 'system', interactive: { action: 'phone-number-requested' } },
  ],
]

export const toldCases: readonly KindCase[] = [...invitations, ...places, ...system]
