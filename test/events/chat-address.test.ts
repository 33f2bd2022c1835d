import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatForms, parseChatAddress } from '../../src/events/chat-address.ts'

describe('what people write for a chat', () => {
  test.each([
    ['5511900000011', 'digits, as the contract has them'],
    ['+5511900000011', 'E.164'],
    ['+55 11 90000-0011', 'as it is printed'],
    ['+55 (11) 90000-0011', 'as Brazil prints it'],
    ['0055 11 90000-0011', 'as it is dialled from Europe'],
    ['55.11.90000.0011', 'with dots'],
    ['\u202a+55\u00a011\u00a090000\u20110011\u202c'.replace('\u2011', '-'), 'copied from a contact card'],
    ['5511900000011@s.whatsapp.net', 'a JID'],
    ['5511900000011@c.us', 'a JID of whatsapp-web.js and WAHA'],
    ['5511900000011:7@s.whatsapp.net', 'a device of it'],
    ['5511900000011_1:7@s.whatsapp.net', 'a device under an agent'],
    ['5511900000011:99@hosted', 'a hosted device of it'],
    ['+55 11 90000-0011@s.whatsapp.net', 'a printed number with a server'],
    ['5511900000011@S.WhatsApp.net', 'in capitals'],
    ['whatsapp:+5511900000011', 'as Twilio spells it'],
    ['https://wa.me/5511900000011', 'a link'],
    ['tel:+55-11-90000-0011', 'RFC 3966'],
  ])('[D4] %s is the phone number (%s)', text => {
    expect(parseChatAddress(text)).toBe('5511900000011@s.whatsapp.net')
  })

  test.each([
    ['100000000000001@lid', '100000000000001@lid'],
    ['100000000000001:3@lid', '100000000000001@lid'],
    ['100000000000001:99@hosted.lid', '100000000000001@lid'],
    ['120363000000000001@g.us', '120363000000000001@g.us'],
    ['120363000000000001', '120363000000000001@g.us'],
    ['120363000000000001-group', '120363000000000001@g.us'],
    ['5511900000011-1600000000@g.us', '5511900000011-1600000000@g.us'],
    ['5511900000011-1600000000', '5511900000011-1600000000@g.us'],
    ['120363000000000002@newsletter', '120363000000000002@newsletter'],
    ['status@broadcast', 'status@broadcast'],
    ['0@s.whatsapp.net', '0@s.whatsapp.net'],
  ])('[D4] %s is %s', (text, address) => {
    expect(parseChatAddress(text)).toBe(address)
  })

  test.each([
    ...['', ' ', 'somebody', '1234', '011900000011', '11 90000-0011 ext. 4', '5511900000011@whatsapp', '5511900000011@'],
    ...['@s.whatsapp.net', 'ana@s.whatsapp.net', 'ana@lid', '5511900000011@s.whatsapp.net@lid', '5511900000011,5511900000012'],
    ...['9'.repeat(21), '++5511900000011', "5511900000011' or '1'='1"],
  ])('[D4] %j is no chat', text => {
    expect(parseChatAddress(text)).toBeNull()
  })

  test('[D4] what one reading gives, another takes as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+\d ()@.:_a-z-]{0,40}$/)), text => {
        const address = parseChatAddress(text)
        if (address !== null) expect(parseChatAddress(address)).toBe(address)
      }),
    )
  })

  test('[D4] every form that a refusal names is taken', () => {
    const named = chatForms.match(/\+?\d[\d -]+\d(?:@[\w.]+)?/g) ?? []
    expect(named.length).toBeGreaterThan(2)
    for (const form of named) expect(parseChatAddress(form)).not.toBeNull()
  })
})
