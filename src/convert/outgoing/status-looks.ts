// How a status looks, in WhatsApp's numbers.
import { proto } from '@whiskeysockets/baileys'
import type { fonts } from '../../events/command-bodies/statuses.ts'

const { FontType } = proto.Message.ExtendedTextMessage

export const fontNumbers: Readonly<Record<(typeof fonts)[number], proto.Message.ExtendedTextMessage.FontType>> = {
  system: FontType.SYSTEM,
  'system-text': FontType.SYSTEM_TEXT,
  script: FontType.FB_SCRIPT,
  bold: FontType.SYSTEM_BOLD,
  'morning-breeze': FontType.MORNINGBREEZE_REGULAR,
  calistoga: FontType.CALISTOGA_REGULAR,
  exo2: FontType.EXO2_EXTRABOLD,
  'courier-prime': FontType.COURIERPRIME_BOLD,
}

/** Of #RRGGBB, which nothing shines through. */
export const argbOf = (colour: string): number => 0xff_00_00_00 + Number.parseInt(colour.slice(1), 16)
