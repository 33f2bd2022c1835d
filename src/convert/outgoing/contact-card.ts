// A contact as a vCard of version 3 (RFC 2426), which is what WhatsApp's apps write; `waid` makes a number one to write to.

import { digitsOfPhone } from '../../events/command-bodies/addresses.ts'
import type { ContactToSend } from '../../events/command-bodies/written.ts'

export function contactCard({ name, phones = [], organization, vcard }: ContactToSend): { displayName: string; vcard: string } {
  if (vcard !== undefined) return { displayName: name ?? nameIn(vcard), vcard }
  const displayName = name ?? ''
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(displayName)};;;`,
    `FN:${escaped(displayName)}`,
    ...(organization === undefined ? [] : [`ORG:${escaped(organization)};`]),
    ...phones.map(phone => `TEL;type=CELL;type=VOICE;waid=${digitsOfPhone(phone)}:${printed(phone)}`),
    'END:VCARD',
  ]
  return { displayName, vcard: lines.join('\n') }
}

/** What a vCard calls its contact; empty: nothing. */
const nameIn = (vcard: string): string =>
  /^FN[^:\r\n]*:(.*)$/im
    .exec(vcard)?.[1]
    ?.trim()
    .replaceAll(/\\([\\,;])/g, '$1') ?? ''

/** As it was written, where people would print it so. */
const printed = (phone: string): string => (/^\+?[\d .()/-]+$/.test(phone) ? phone : `+${digitsOfPhone(phone)}`)

const escaped = (text: string): string => text.replaceAll(/[\\,;]/g, '\\$&').replaceAll(/\r\n?|\n/g, '\\n')
