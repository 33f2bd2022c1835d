// What shops show and what their customers order: products, catalogues, orders.
import { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, intOf, textOf } from './body.ts'
import { interactiveOf, jidOf, moneyOf } from './interactive.ts'
import { attachmentOf } from './media.ts'

export function convertProduct({ productMessage: shown }: proto.IMessage): Body | null {
  if (!shown) return null
  const { product, catalog } = shown
  return {
    kind: 'product',
    text: firstTextOf(product?.title, shown.body, catalog?.title),
    ...attachmentOf({ imageMessage: product?.productImage ?? catalog?.catalogImage ?? null }),
    interactive: interactiveOf({
      productId: textOf(product?.productId),
      retailerId: textOf(product?.retailerId),
      title: textOf(product?.title),
      description: textOf(product?.description),
      url: textOf(product?.url),
      price: moneyOf(product?.priceAmount1000, product?.currencyCode),
      salePrice: moneyOf(product?.salePriceAmount1000, product?.currencyCode),
      imageCount: product?.productImageCount ?? null,
      sellerId: jidOf(shown.businessOwnerJid),
      body: textOf(shown.body),
      footer: textOf(shown.footer),
      catalog: { title: textOf(catalog?.title), description: textOf(catalog?.description) },
    }),
    context: shown.contextInfo,
  }
}

const { OrderStatus } = proto.Message.OrderMessage
const statuses: Readonly<Record<number, string>> = {
  [OrderStatus.INQUIRY]: 'inquiry',
  [OrderStatus.ACCEPTED]: 'accepted',
  [OrderStatus.DECLINED]: 'declined',
}

/** Its token, which opens the order's list of items to whoever has it, stays in the raw bytes. */
export function convertOrder({ orderMessage: order }: proto.IMessage): Body | null {
  if (!order) return null
  return {
    kind: 'order',
    text: firstTextOf(order.message, order.orderTitle),
    interactive: interactiveOf({
      orderId: textOf(order.orderId),
      title: textOf(order.orderTitle),
      status: order.status == null ? null : statuses[order.status],
      itemCount: intOf(order.itemCount),
      total: moneyOf(order.totalAmount1000, order.totalCurrencyCode),
      sellerId: jidOf(order.sellerJid),
      requestMessageId: textOf(order.orderRequestMessageId?.id),
    }),
    context: order.contextInfo,
  }
}
