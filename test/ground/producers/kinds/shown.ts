// What businesses and shops show: lists, buttons, templates, products, orders, native flows.
import { proto } from '@whiskeysockets/baileys'
import { file, type KindCase, withFile } from './kind-case.ts'

const { ListType } = proto.Message.ListMessage
const { OrderStatus } = proto.Message.OrderMessage
const { Surface } = proto.Message.InteractiveMessage.ShopMessage

const chosenFrom: readonly KindCase[] = [
  [
    'a list',
    {
      listMessage: {
        title: 'Cardápio',
        description: 'Escolha',
        buttonText: 'Ver',
        footerText: 'Padaria',
        listType: ListType.SINGLE_SELECT,
        sections: [{ title: 'Bolos', rows: [{ rowId: '1', title: 'Cenoura', description: '1 kg' }] }],
      },
    },
    {
      kind: 'list',
      text: 'Cardápio',
      interactive: {
        title: 'Cardápio',
        description: 'Escolha',
        footer: 'Padaria',
        buttonText: 'Ver',
        sections: [{ title: 'Bolos', rows: [{ id: '1', title: 'Cenoura', description: '1 kg' }] }],
      },
    },
  ],
  [
    'a list of products',
    {
      listMessage: {
        description: 'Doces',
        listType: ListType.PRODUCT_LIST,
        productListInfo: {
          businessOwnerJid: '5511900000011@c.us',
          productSections: [{ title: 'Bolos', products: [{ productId: '9' }] }],
        },
      },
    },
    {
      kind: 'list',
      text: 'Doces',
      interactive: {
        description: 'Doces',
        sellerId: '5511900000011@s.whatsapp.net',
        productSections: [{ title: 'Bolos', productIds: ['9'] }],
      },
    },
  ],
  [
    'buttons below an image',
    {
      buttonsMessage: {
        contentText: 'Entregar hoje?',
        footerText: 'Padaria',
        imageMessage: { ...file, mimetype: 'image/jpeg' },
        buttons: [{ buttonId: 'b1', buttonText: { displayText: 'Sim' } }],
      },
    },
    {
      kind: 'buttons',
      text: 'Entregar hoje?',
      media: { mimetype: 'image/jpeg' },
      ...withFile,
      interactive: { footer: 'Padaria', buttons: [{ id: 'b1', text: 'Sim' }] },
    },
  ],
  [
    'buttons below a place',
    { buttonsMessage: { contentText: 'Aqui', locationMessage: { degreesLatitude: 1, degreesLongitude: 2, name: 'Sé' } } },
    { kind: 'buttons', text: 'Aqui', location: { latitude: 1, longitude: 2, name: 'Sé' }, interactive: null },
  ],
]

const templates: readonly KindCase[] = [
  [
    'a template that was filled in, with an image',
    {
      templateMessage: {
        templateId: 't1',
        hydratedTemplate: {
          imageMessage: { ...file, mimetype: 'image/jpeg' },
          hydratedContentText: 'Seu pedido saiu para entrega',
          hydratedFooterText: 'Padaria',
          hydratedButtons: [
            { index: 0, quickReplyButton: { displayText: 'Obrigada', id: 'q' } },
            { index: 1, urlButton: { displayText: 'Ver', url: 'https://example.com/1' } },
            { index: 2, callButton: { displayText: 'Ligar', phoneNumber: '+5511900000011' } },
          ],
        },
      },
    },
    {
      kind: 'template',
      text: 'Seu pedido saiu para entrega',
      media: { mimetype: 'image/jpeg' },
      ...withFile,
      interactive: {
        templateId: 't1',
        footer: 'Padaria',
        buttons: [
          { index: 0, text: 'Obrigada', id: 'q' },
          { index: 1, text: 'Ver', url: 'https://example.com/1' },
          { index: 2, text: 'Ligar', phone: '+5511900000011' },
        ],
      },
    },
  ],
  [
    'a template that was not filled in',
    {
      templateMessage: {
        fourRowTemplate: {
          content: { namespace: 'n', elementName: 'saiu', params: ['Ana', 'às 9'] },
          highlyStructuredMessage: { elementName: 'pedido', params: ['12'] },
          buttons: [{ index: 0, quickReplyButton: { id: 'q', displayText: { params: ['Ok'] } } }],
        },
      },
    },
    { kind: 'template', text: 'Ana às 9', interactive: { header: '12', buttons: [{ index: 0, text: 'Ok', id: 'q' }] } },
  ],
  [
    'a template of native parts',
    {
      templateMessage: {
        interactiveMessageTemplate: { body: { text: 'Oi' }, nativeFlowMessage: { buttons: [{ name: 'cta_url' }] } },
      },
    },
    { kind: 'template', text: 'Oi', interactive: { buttons: [{ name: 'cta_url' }] } },
  ],
]

const shops: readonly KindCase[] = [
  [
    'a product',
    {
      productMessage: {
        businessOwnerJid: '5511900000011@s.whatsapp.net',
        product: {
          productId: '9',
          title: 'Bolo',
          description: '1 kg',
          currencyCode: 'BRL',
          priceAmount1000: 45_000,
          productImage: { ...file, mimetype: 'image/jpeg' },
        },
      },
    },
    {
      kind: 'product',
      text: 'Bolo',
      media: { mimetype: 'image/jpeg' },
      ...withFile,
      interactive: {
        productId: '9',
        title: 'Bolo',
        description: '1 kg',
        price: { currency: 'BRL', amount1000: 45_000 },
        sellerId: '5511900000011@s.whatsapp.net',
      },
    },
  ],
  [
    'a catalogue',
    { productMessage: { body: 'Veja', catalog: { title: 'Doces', description: 'de hoje' } } },
    { kind: 'product', text: 'Veja', interactive: { body: 'Veja', catalog: { title: 'Doces', description: 'de hoje' } } },
  ],
  [
    'an order',
    {
      orderMessage: {
        orderId: '77',
        orderTitle: 'Pedido',
        message: 'Para sábado',
        itemCount: 2,
        status: OrderStatus.INQUIRY,
        totalAmount1000: 90_000,
        totalCurrencyCode: 'BRL',
        sellerJid: '5511900000011@s.whatsapp.net',
        token: 'opens the order',
      },
    },
    {
      kind: 'order',
      text: 'Para sábado',
      interactive: {
        orderId: '77',
        title: 'Pedido',
        status: 'inquiry',
        itemCount: 2,
        total: { currency: 'BRL', amount1000: 90_000 },
        sellerId: '5511900000011@s.whatsapp.net',
      },
    },
  ],
]

const native: readonly KindCase[] = [
  [
    'a native flow below a video',
    {
      interactiveMessage: {
        header: { title: 'Mesa', subtitle: 'para dois', videoMessage: { ...file, mimetype: 'video/mp4' } },
        body: { text: 'Reserve' },
        footer: { text: 'Padaria' },
        nativeFlowMessage: { buttons: [{ name: 'flow', buttonParamsJson: '{"a":1}' }], messageParamsJson: '{}' },
      },
    },
    {
      kind: 'interactive',
      text: 'Reserve',
      media: { mimetype: 'video/mp4' },
      ...withFile,
      interactive: {
        header: 'Mesa',
        subtitle: 'para dois',
        footer: 'Padaria',
        buttons: [{ name: 'flow', paramsJson: '{"a":1}' }],
        paramsJson: '{}',
      },
    },
  ],
  [
    'cards to page through',
    {
      interactiveMessage: {
        body: { text: 'Escolha' },
        carouselMessage: {
          cards: [
            { header: { title: 'Um' }, body: { text: 'primeiro' } },
            { header: { imageMessage: { ...file, mimetype: 'image/png' } }, nativeFlowMessage: { buttons: [{ name: 'x' }] } },
          ],
        },
      },
    },
    {
      kind: 'interactive',
      text: 'Escolha',
      media: { mimetype: 'image/png' },
      interactive: { cards: [{ header: 'Um', text: 'primeiro' }, { buttons: [{ name: 'x' }] }] },
    },
  ],
  [
    'a shop',
    { interactiveMessage: { body: { text: 'Loja' }, shopStorefrontMessage: { id: 's', surface: Surface.IG } } },
    { kind: 'interactive', text: 'Loja', interactive: { shop: { id: 's', surface: 'instagram' } } },
  ],
]

export const shownCases: readonly KindCase[] = [...chosenFrom, ...templates, ...shops, ...native]
