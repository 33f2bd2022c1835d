// A chat or a phone in a request: written in any of the forms that people use, read as the address that events carry, or as digits.
import { z } from 'zod'
import { chatForms, parseChatAddress } from '../events/chat-address.ts'

/** Also takes what an answer called a chat: ids that no index could hold are shown with the digest that stands for them. */
export const chatAddress = z
  .string()
  .max(256)
  .transform((text, context) => {
    const address = parseChatAddress(text) ?? (isShortened(text) ? text : null)
    if (address !== null) return address
    context.issues.push({ code: 'custom', message: `expected ${chatForms}`, input: text })
    return z.NEVER
  })

/** Digits, as many as a number may have (E.164), also where it is written as an address. */
export const phoneNumber = z
  .string()
  .max(256)
  .transform((text, context) => {
    const [digits, server] = parseChatAddress(text)?.split('@') ?? []
    if (digits !== undefined && server === 's.whatsapp.net' && /^[1-9]\d{4,14}$/.test(digits)) return digits
    const message = 'expected a phone number with its country (+55 11 90000-0011 or 5511900000011)'
    context.issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  })

const isShortened = (text: string): boolean => /…sha256:[0-9a-f]{64}$/.test(text)
