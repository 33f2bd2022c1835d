// A list to choose from, of rows or of products, and the row that somebody chose.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, textOf } from './body.ts'
import { interactiveOf, jidOf, type Told } from './interactive.ts'

export function convertList({ listMessage: list, listResponseMessage: answer }: proto.IMessage): Body | null {
  if (list) return offered(list)
  if (!answer) return null
  return {
    kind: 'list',
    text: firstTextOf(answer.title, answer.description),
    interactive: interactiveOf({
      selectedId: textOf(answer.singleSelectReply?.selectedRowId),
      description: textOf(answer.description),
    }),
    context: answer.contextInfo,
  }
}

const offered = (list: proto.Message.IListMessage): Body => ({
  kind: 'list',
  text: firstTextOf(list.title, list.description),
  interactive: interactiveOf({
    title: textOf(list.title),
    description: textOf(list.description),
    footer: textOf(list.footerText),
    buttonText: textOf(list.buttonText),
    sections: (list.sections ?? []).map(rowsOf),
    sellerId: jidOf(list.productListInfo?.businessOwnerJid),
    productSections: (list.productListInfo?.productSections ?? []).map(productsOf),
  }),
  context: list.contextInfo,
})

const rowsOf = ({ title, rows }: proto.Message.ListMessage.ISection): Told => ({
  title: textOf(title),
  rows: (rows ?? []).map(row => ({
    id: textOf(row.rowId),
    title: textOf(row.title),
    description: textOf(row.description),
  })),
})

const productsOf = ({ title, products }: proto.Message.ListMessage.IProductSection): Told => ({
  title: textOf(title),
  productIds: (products ?? []).map(product => textOf(product.productId)),
})
