// What happened, for each golden body, and which bodies follow.
import { aGroup, anEvent, somebody, somebodyElse, us } from '../events.ts'
import { appState } from './golden-app-state.ts'
import { commandCases } from './golden-commands.ts'
import {
  about,
  byUs,
  edited,
  failed,
  file,
  type GoldenCase,
  held,
  inGroup,
  itself,
  mediaSource,
  one,
  outcome,
  photo,
  receipt,
  said,
  saidAt,
  stored,
  Type,
  told,
} from './golden-events.ts'
import { groupCases } from './golden-groups.ts'
import { history } from './golden-history.ts'
import { kindCases } from './golden-kinds.ts'
import { seals } from './golden-seals.ts'
import { uploadCases } from './golden-uploads.ts'

const texts: readonly GoldenCase[] = [
  one('message.received text', said({ conversation: 'Bom dia! 👋 "é" </script>' })),
  one(
    'message.received text with context',
    said(
      {
        extendedTextMessage: {
          text: 'veja @100000000000002',
          contextInfo: {
            stanzaId: '3EB0A0',
            mentionedJid: ['100000000000002:4@lid'],
            isForwarded: true,
            expiration: 86_400,
          },
        },
      },
      inGroup,
    ),
  ),
  one('message.sent text', said({ conversation: 'já vai' }, byUs)),
  one(
    'message.received location',
    said({
      locationMessage: {
        degreesLatitude: -23.55,
        degreesLongitude: -46.633,
        name: 'Sé',
        address: 'Praça da Sé',
        url: 'https://maps.example/se',
        comment: 'aqui',
      },
    }),
  ),
  one(
    'message.received live-location',
    said({ liveLocationMessage: { degreesLatitude: 1.5, degreesLongitude: -2, caption: 'a caminho' } }),
  ),
  one(
    'message.received contacts',
    said({
      contactsArrayMessage: { contacts: [{ displayName: 'Bea', vcard: 'BEGIN:VCARD\nEND:VCARD' }, { vcard: 'BEGIN:VCARD' }] },
    }),
  ),
  one(
    'message.received poll',
    said({
      pollCreationMessageV3: {
        name: 'Almoço?',
        options: [{ optionName: 'sim' }, { optionName: 'não' }],
        selectableOptionsCount: 1,
      },
    }),
  ),
]

const files: readonly GoldenCase[] = [
  held(
    'message.received image',
    photo,
    stored({ kind: 'image', mimetype: 'image/png', width: 641, height: 481, thumbnailKey: 'shop/2026/01/05/e.png_thumb.jpg' }),
  ),
  held('message.received image failed', photo, failed({ kind: 'image', mimetype: 'image/jpeg' })),
  held(
    'message.received view-once video',
    {
      viewOnceMessageV2: { message: { videoMessage: { ...file, mimetype: 'video/mp4', seconds: 9, width: 1280, height: 720 } } },
    },
    stored({ kind: 'video', mimetype: 'video/mp4' }),
  ),
  held(
    'message.received gif',
    { videoMessage: { ...file, mimetype: 'video/mp4', seconds: 2, gifPlayback: true } },
    stored({ kind: 'gif', mimetype: 'video/mp4' }),
  ),
  held(
    'message.received ptv',
    { ptvMessage: { ...file, mimetype: 'video/mp4', seconds: 5 } },
    stored({ kind: 'ptv', mimetype: 'video/mp4' }),
  ),
  held(
    'message.received audio',
    { audioMessage: { ...file, mimetype: 'audio/mpeg', seconds: 61 } },
    stored({ kind: 'audio', mimetype: 'audio/mpeg' }),
  ),
  held(
    'message.received voice',
    { audioMessage: { ...file, mimetype: 'audio/ogg; codecs=opus', seconds: 3, ptt: true, waveform: Buffer.of(1, 2) } },
    stored({ kind: 'voice', mimetype: 'audio/ogg' }),
  ),
  held(
    'message.received document',
    {
      documentWithCaptionMessage: {
        message: {
          documentMessage: { ...file, mimetype: 'application/pdf', fileName: '../conta.pdf', pageCount: 2, caption: 'a conta' },
        },
      },
    },
    stored({ kind: 'document', mimetype: 'application/pdf' }),
  ),
  held(
    'message.received sticker',
    { stickerMessage: { ...file, mimetype: 'image/webp', width: 512, height: 512 } },
    stored({ kind: 'sticker', mimetype: 'image/webp' }),
  ),
  {
    title: 'a file that comes after its message',
    events: [said(photo), stored({ kind: 'image', mimetype: 'image/jpeg', width: 640, height: 480 })],
    holdMedia: 0,
    eventTypes: ['message.*', 'media.*'],
    bodies: ['message.received image pending', 'media.updated stored'],
  },
  {
    title: 'a file that fails after its message',
    events: [said(photo), failed({ kind: 'image', mimetype: 'image/jpeg', reason: 'timeout', retryable: true })],
    holdMedia: 0,
    eventTypes: ['message.*', 'media.*'],
    bodies: ['message.received image pending', 'media.updated failed'],
  },
  itself(
    'media.stored',
    stored({
      kind: 'image',
      mimetype: 'image/png',
      width: 641,
      height: 481,
      key: 'shop/2026/01/05/e.png',
      extension: 'png',
      thumbnailKey: 'shop/2026/01/05/e.png_thumb.jpg',
    }),
  ),
  itself('media.failed', failed({ kind: 'image', mimetype: 'image/jpeg', detail: 'answered 410', mediaSource })),
  itself('media.refreshed', anEvent('media.refreshed', { ...about, kind: 'image', mediaSource, ...outcome })),
  itself('media.expired', anEvent('media.expired', { ...about, kind: 'image', reason: 'retention', ...outcome })),
]

const changes: readonly GoldenCase[] = [
  one(
    'message.edited',
    said({ protocolMessage: { type: Type.MESSAGE_EDIT, key: { id: '3EB0A0', fromMe: true }, editedMessage: edited } }),
  ),
  one('message.revoked', said({ protocolMessage: { type: Type.REVOKE, key: { id: '3EB0A0', fromMe: true } } })),
  one(
    'message.revoked by an admin',
    said(
      {
        protocolMessage: {
          type: Type.REVOKE,
          key: { id: '3EB0A0', remoteJid: aGroup, fromMe: false, participant: somebodyElse.lid },
        },
      },
      { ...inGroup, edit: '8' },
    ),
  ),
  one('message.reacted', said({ reactionMessage: { key: { id: '3EB0A0' }, text: '👍🏽' } })),
  one('message.reacted removed', said({ reactionMessage: { key: { id: '3EB0A0' }, text: '' } })),
  one('message.receipt-updated', receipt({ id: '3EB0A0', from: somebody.lid, sender_pn: somebody.pn, t: saidAt, type: 'read' })),
  one('message.receipt-updated in a group', receipt({ id: '3EB0A0', from: aGroup, participant: somebody.lid, t: saidAt })),
  one(
    'message.undecryptable',
    told('message.undecryptable', {
      chatId: aGroup,
      chatPn: null,
      messageId: '3EB0A1',
      reason: 'no session',
      encryption: 'skmsg',
      senderName: 'Ana',
      isGroup: true,
      rawObject: { key: 'raw/secret', sizeBytes: 1, sha256: 'aa' },
    }),
  ),
]

const accounts: readonly GoldenCase[] = [
  one(
    'contact.updated',
    told('contact.updated', {
      contactId: somebody.lid,
      contactPn: somebody.pn,
      contactLid: somebody.lid,
      name: 'Ana Souza',
      pushName: 'Ana',
    }),
  ),
  one(
    'group.updated',
    told('group.updated', {
      chatId: aGroup,
      chatPn: null,
      senderId: somebody.lid,
      senderPn: somebody.pn,
      messageId: '3EB0A1',
      fromMe: false,
      groupId: aGroup,
      subject: 'Turma de 2026',
      raw: Buffer.from('raw'),
    }),
  ),
  one(
    'instance.created',
    told('instance.created', { name: 'Shop', settings: { ignoreGroups: true, markOnline: false, historySync: null } }),
  ),
  one('instance.settings-changed', told('instance.settings-changed', { name: 'Loja', settings: {} })),
  one(
    'instance.state-changed',
    told('instance.state-changed', {
      state: 'closed',
      reason: 'replaced',
      reasonText: 'another session took over',
      phone: '5511900000099',
      lid: us.lid,
    }),
  ),
  one('instance.paired', told('instance.paired', { phone: '5511900000099', lid: us.lid, platform: 'android', name: 'Shop' })),
  one('instance.logged-out', told('instance.logged-out', { reason: 'requested' })),
  one('instance.deleted', told('instance.deleted', { purged: true })),
  one('unknown', said({ stickerSyncRmrMessage: { filehash: ['um segredo'] } })),
]

export const goldenCases: readonly GoldenCase[] = [
  ...[
    ...texts,
    ...kindCases,
    ...files,
    ...changes,
    ...seals,
    ...accounts,
    ...groupCases,
    ...appState,
    ...history,
    ...commandCases,
    ...uploadCases,
  ],
]
