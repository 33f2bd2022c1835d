// A message of each kind that needs no words of its own: what a bakery shows, what its customers answer.
import { proto } from '@whiskeysockets/baileys'

/** `text` takes the place of what people read; `targetMessageId`: what it answers; `picture`: of kinds that show one. */
export type Sample = {
  text?: string | undefined
  targetMessageId?: string | undefined
  picture?: proto.Message.IImageMessage | undefined
}

const { ListType } = proto.Message.ListMessage
const samples = {
  'link-preview': ({ text }) => ({
    extendedTextMessage: {
      text: text ?? 'https://example.com/bolos',
      matchedText: 'https://example.com/bolos',
      title: 'Bolos para sábado',
      description: 'Com morangos, para 20 pessoas',
    },
  }),
  location: ({ text }) => ({
    locationMessage: {
      degreesLatitude: -23.5505,
      degreesLongitude: -46.6333,
      name: 'Praça da Sé',
      ...(text && { comment: text }),
    },
  }),
  'live-location': ({ text }) => ({
    liveLocationMessage: { degreesLatitude: -23.55, degreesLongitude: -46.63, sequenceNumber: 1, caption: text ?? 'A caminho' },
  }),
  contacts: ({ text }) => ({
    contactMessage: { displayName: text ?? 'Bea', vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${text ?? 'Bea'}\nEND:VCARD` },
  }),
  event: ({ text }) => ({
    eventMessage: { name: text ?? 'Festa junina', description: 'Na padaria', startTime: 1_798_761_600 },
  }),
  album: () => ({ albumMessage: { expectedImageCount: 2, expectedVideoCount: 0 } }),
  product: ({ text, picture }) => ({
    productMessage: {
      product: {
        productId: '9',
        title: text ?? 'Bolo de cenoura',
        description: '1 kg',
        currencyCode: 'BRL',
        priceAmount1000: 45_000,
        ...(picture && { productImage: picture }),
      },
    },
  }),
  order: ({ text }) => ({
    orderMessage: {
      orderId: '77',
      orderTitle: 'Padaria do Bairro',
      message: text ?? 'Para sábado, às nove',
      itemCount: 2,
      status: proto.Message.OrderMessage.OrderStatus.INQUIRY,
      totalAmount1000: 90_000,
      totalCurrencyCode: 'BRL',
    },
  }),
  list: ({ text }) => ({
    listMessage: {
      title: text ?? 'Cardápio',
      description: 'Escolha um bolo',
      buttonText: 'Ver',
      listType: ListType.SINGLE_SELECT,
      sections: [{ title: 'Bolos', rows: [{ rowId: 'cenoura', title: 'Cenoura' }] }],
    },
  }),
  'list-answer': ({ text, targetMessageId }) => ({
    listResponseMessage: {
      title: text ?? 'Cenoura',
      singleSelectReply: { selectedRowId: 'cenoura' },
      ...quoting(targetMessageId),
    },
  }),
  buttons: ({ text }) => ({
    buttonsMessage: {
      contentText: text ?? 'Entregamos hoje?',
      buttons: [
        { buttonId: 'yes', buttonText: { displayText: 'Sim' } },
        { buttonId: 'no', buttonText: { displayText: 'Não' } },
      ],
    },
  }),
  'buttons-answer': ({ text, targetMessageId }) => ({
    buttonsResponseMessage: { selectedButtonId: 'yes', selectedDisplayText: text ?? 'Sim', ...quoting(targetMessageId) },
  }),
  template: ({ text, picture }) => ({
    templateMessage: {
      hydratedTemplate: {
        templateId: 'delivery',
        hydratedContentText: text ?? 'Seu pedido saiu para entrega',
        hydratedFooterText: 'Padaria do Bairro',
        hydratedButtons: [{ index: 0, quickReplyButton: { id: 'thanks', displayText: 'Obrigada' } }],
        ...(picture && { imageMessage: picture }),
      },
    },
  }),
  'template-answer': ({ text, targetMessageId }) => ({
    templateButtonReplyMessage: {
      selectedId: 'thanks',
      selectedDisplayText: text ?? 'Obrigada',
      selectedIndex: 0,
      ...quoting(targetMessageId),
    },
  }),
  interactive: ({ text }) => ({
    interactiveMessage: {
      header: { title: 'Reserva' },
      body: { text: text ?? 'Reserve uma mesa' },
      nativeFlowMessage: { buttons: [{ name: 'flow', buttonParamsJson: '{"flow_id":"1"}' }] },
    },
  }),
  'interactive-answer': ({ text, targetMessageId }) => ({
    interactiveResponseMessage: {
      body: { text: text ?? 'Reserva feita' },
      nativeFlowResponseMessage: { name: 'flow', paramsJson: '{"mesa":4}', version: 3 },
      ...quoting(targetMessageId),
    },
  }),
  'group-invite': ({ text }) => ({
    groupInviteMessage: {
      groupJid: '120363000000000001@g.us',
      groupName: 'Padaria do Bairro',
      inviteCode: 'abc',
      inviteExpiration: 1_798_761_600,
      caption: text ?? 'Entra aqui',
    },
  }),
  'sticker-pack': ({ text }) => ({
    stickerPackMessage: { stickerPackId: 'cakes', name: text ?? 'Bolos', publisher: 'Padaria do Bairro', stickers: [{}, {}] },
  }),
  payment: ({ text }) => ({
    requestPaymentMessage: {
      noteMessage: { extendedTextMessage: { text: text ?? 'O bolo de sábado' } },
      amount1000: 45_000,
      currencyCodeIso4217: 'BRL',
    },
  }),
  'call-log': () => ({
    callLogMesssage: { isVideo: false, callOutcome: proto.Message.CallLogMessage.CallOutcome.MISSED, durationSecs: 0 },
  }),
} satisfies Record<string, (sample: Sample) => proto.IMessage>

export type SampleKind = keyof typeof samples

export const sampleKinds: readonly SampleKind[] = Object.keys(samples).filter((name): name is SampleKind => name in samples)

export const sampleMessage = (kind: SampleKind, sample: Sample = {}): proto.IMessage => samples[kind](sample)

/** Kinds that show a picture. */
export const showsPicture = (kind: SampleKind): boolean => kind === 'product' || kind === 'template'

const quoting = (stanzaId: string | undefined) => (stanzaId === undefined ? {} : { contextInfo: { stanzaId } })
