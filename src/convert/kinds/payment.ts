// Payments: sent, asked for, declined, cancelled, invited to, and invoices. What a transaction is made of stays in the raw bytes.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'
import { instantOfSeconds, jidOf, moneyOf } from './interactive.ts'
import { systemBody } from './system-body.ts'
import { convertText } from './text.ts'

export function convertPayment(content: proto.IMessage): Body | null {
  const { sendPaymentMessage: sent, requestPaymentMessage: asked, invoiceMessage: invoice } = content
  const {
    declinePaymentRequestMessage: declined,
    cancelPaymentRequestMessage: cancelled,
    paymentInviteMessage: invited,
  } = content
  if (sent) return systemBody('payment-sent', { requestMessageId: textOf(sent.requestMessageKey?.id) }, noteIn(sent.noteMessage))
  if (asked) return requested(asked)
  if (declined) return systemBody('payment-declined', { requestMessageId: textOf(declined.key?.id) })
  if (cancelled) return systemBody('payment-cancelled', { requestMessageId: textOf(cancelled.key?.id) })
  if (invited) return systemBody('payment-invited', { expiresAt: instantOfSeconds(invited.expiryTimestamp) })
  return invoice ? systemBody('invoice-sent', {}, { text: textOf(invoice.note) }) : null
}

function requested(asked: proto.Message.IRequestPaymentMessage): Body {
  const told = {
    amount: moneyOf(asked.amount1000, asked.currencyCodeIso4217),
    payerId: jidOf(asked.requestFrom),
    expiresAt: instantOfSeconds(asked.expiryTimestamp),
  }
  return systemBody('payment-requested', told, noteIn(asked.noteMessage))
}

/** What was written beside it. */
function noteIn(note: proto.IMessage | null | undefined) {
  const body = note ? convertText(note) : null
  return { text: textOf(body?.text), context: body?.context }
}
