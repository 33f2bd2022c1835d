// What happened, for the golden bodies of the kinds that hold more than a text or a file.
import { proto } from '@whiskeysockets/baileys'
import { file, type GoldenCase, held, inGroup, one, said, stored } from './golden-events.ts'

const { AssociationType } = proto.MessageAssociation
const image = { ...file, mimetype: 'image/jpeg', width: 640, height: 480 }
const storedImage = (kind: string) => stored({ kind, mimetype: 'image/jpeg', width: 640, height: 480 })

const shown: readonly GoldenCase[] = [
  held(
    'message.received link-preview',
    {
      extendedTextMessage: {
        text: 'veja https://example.com/bolo',
        matchedText: 'https://example.com/bolo',
        title: 'Bolo',
        description: 'de cenoura',
        mediaKey: file.mediaKey,
        thumbnailDirectPath: file.directPath,
        thumbnailSha256: file.fileSha256,
        thumbnailEncSha256: file.fileEncSha256,
        jpegThumbnail: file.jpegThumbnail,
        thumbnailWidth: 640,
        thumbnailHeight: 480,
      },
    },
    storedImage('link-preview'),
  ),
  held(
    'message.received product',
    {
      productMessage: {
        businessOwnerJid: '5511900000002@s.whatsapp.net',
        product: {
          productImage: image,
          productId: '9',
          title: 'Bolo',
          description: '1 kg',
          currencyCode: 'BRL',
          priceAmount1000: 45_000,
        },
      },
    },
    storedImage('product'),
  ),
  one(
    'message.received order',
    said({
      orderMessage: {
        orderId: '77',
        orderTitle: 'Padaria',
        message: 'Para sábado',
        itemCount: 2,
        status: proto.Message.OrderMessage.OrderStatus.INQUIRY,
        totalAmount1000: 90_000,
        totalCurrencyCode: 'BRL',
        token: 'secret token',
      },
    }),
  ),
  one(
    'message.received list',
    said({
      listMessage: {
        title: 'Cardápio',
        description: 'Escolha',
        buttonText: 'Ver',
        sections: [{ title: 'Bolos', rows: [{ rowId: '1', title: 'Cenoura' }] }],
      },
    }),
  ),
  one(
    'message.received buttons',
    said({
      buttonsMessage: {
        contentText: 'Entregar hoje?',
        buttons: [
          { buttonId: 'b1', buttonText: { displayText: 'Sim' } },
          { buttonId: 'b2', buttonText: { displayText: 'Não' } },
        ],
      },
    }),
  ),
  held(
    'message.received template',
    {
      templateMessage: {
        hydratedTemplate: {
          templateId: 't1',
          imageMessage: image,
          hydratedContentText: 'Seu pedido saiu para entrega',
          hydratedFooterText: 'Padaria',
          hydratedButtons: [{ index: 0, urlButton: { displayText: 'Ver', url: 'https://example.com/77' } }],
        },
      },
    },
    storedImage('template'),
  ),
  one(
    'message.received interactive',
    said({
      interactiveMessage: {
        header: { title: 'Mesa' },
        body: { text: 'Reserve' },
        nativeFlowMessage: { buttons: [{ name: 'flow', buttonParamsJson: '{"a":1}' }] },
      },
    }),
  ),
]

const answers: readonly GoldenCase[] = [
  one(
    'message.received list answer',
    said({
      listResponseMessage: { title: 'Cenoura', singleSelectReply: { selectedRowId: '1' }, contextInfo: { stanzaId: '3EB0A0' } },
    }),
  ),
  one(
    'message.received buttons answer',
    said({
      buttonsResponseMessage: { selectedButtonId: 'b1', selectedDisplayText: 'Sim', contextInfo: { stanzaId: '3EB0A0' } },
    }),
  ),
  one(
    'message.received template answer',
    said({ templateButtonReplyMessage: { selectedId: 'q', selectedDisplayText: 'Obrigada', selectedIndex: 1 } }),
  ),
  one(
    'message.received interactive answer',
    said({
      interactiveResponseMessage: {
        body: { text: 'Reserva feita' },
        nativeFlowResponseMessage: { name: 'flow', paramsJson: '{"mesa":4}', version: 3 },
      },
    }),
  ),
  one(
    'message.received comment',
    said({ commentMessage: { message: { conversation: 'concordo' }, targetMessageKey: { id: '3EB0A0' } } }, inGroup),
  ),
]

const told: readonly GoldenCase[] = [
  one('message.received album', said({ albumMessage: { expectedImageCount: 2, expectedVideoCount: 1 } })),
  held(
    'message.received image of an album',
    {
      imageMessage: image,
      messageContextInfo: {
        messageAssociation: { associationType: AssociationType.MEDIA_ALBUM, parentMessageKey: { id: '3EB0A0' } },
      },
    },
    storedImage('image'),
  ),
  one(
    'message.received event',
    said({
      eventMessage: {
        name: 'Festa junina',
        description: 'Na sede',
        startTime: 1_798_761_600,
        location: { degreesLatitude: 1.5, degreesLongitude: -2, name: 'Sede' },
      },
    }),
  ),
  one(
    'message.received group-invite',
    said({
      groupInviteMessage: {
        groupJid: '120363000000000001@g.us',
        groupName: 'Clientes',
        inviteCode: 'abc',
        inviteExpiration: 1_798_761_600,
        caption: 'Entra aqui',
        jpegThumbnail: file.jpegThumbnail,
      },
    }),
  ),
  one(
    'message.received system',
    said({
      requestPaymentMessage: {
        noteMessage: { extendedTextMessage: { text: 'o bolo' } },
        amount1000: 45_000,
        currencyCodeIso4217: 'BRL',
      },
    }),
  ),
  one('message.received unknown', said({ richResponseMessage: { submessages: [{ messageText: 'Olá' }] } })),
  one(
    'message.pinned',
    said({
      pinInChatMessage: { key: { id: '3EB0A0', fromMe: true }, type: proto.Message.PinInChatMessage.Type.PIN_FOR_ALL },
      messageContextInfo: { messageAddOnDurationInSecs: 604_800 },
    }),
  ),
]

export const kindCases: readonly GoldenCase[] = [...shown, ...answers, ...told]
