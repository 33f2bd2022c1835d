// The people that one account talks with, as WhatsApp addresses them and as it hands their keys to whoever wants to write to them.
import { createPeer, type Peer } from '../../../../simulator/accounts/peer.ts'
import { requireLibsignal } from '../../../../src/producers/socket/libsignal.ts'
import { createMutex, type InTurn } from './mutex.ts'

export type Person = {
  /** Digits. */
  pn: string
  lid: string
  /** WhatsApp says the LID with what they write. */
  hasMigrated: boolean
  devices: readonly Device[]
}
export type Device = {
  person: Person
  /** 0 is a phone. */
  number: number
  /** Another one after it was installed anew. */
  peer: Peer
  /** Base keys of every session between it and the account. */
  sessions: Set<string>
  wasInstalledAnew: boolean
  /** Groups in which the account has its sender key. */
  senderKeySentTo: Set<string>
  /** Ids of the account's messages that it could read. */
  read: Set<string>
  /** What it does, one after another. */
  inOrder: InTurn
}

export function createPerson(of: { pn: string; lid: string; devices: number }): Person {
  const person: Person = { pn: of.pn, lid: of.lid, hasMigrated: false, devices: [] }
  person.devices = Array.from({ length: of.devices }, (_, number) => createDevice(person, number))
  return person
}

const createDevice = (person: Person, number: number): Device => ({
  ...{
    person,
    number,
    peer: createPeer(),
    sessions: new Set(),
    wasInstalledAnew: false,
    senderKeySentTo: new Set(),
    read: new Set(),
  },
  inOrder: createMutex(),
})

export const pnJid = ({ person, number }: Device): string => jid(person.pn, number, 's.whatsapp.net')
export const lidJid = ({ person, number }: Device): string => jid(person.lid, number, 'lid')
export const jid = (user: string, device: number, server: string): string =>
  device === 0 ? `${user}@${server}` : `${user}:${device}@${server}`

/** By any address of it. */
export function deviceAt(people: readonly Person[], address: string): Device {
  const [, user = '', number = '0'] = /^(\d+)(?::(\d+))?@/.exec(address) ?? []
  const found = people.find(({ pn, lid }) => pn === user || lid === user)?.devices.at(Number(number))
  if (found === undefined) throw new Error(`finding the device at ${address}: nobody has it`)
  return found
}

/** libsignal (JavaScript) may spoil one session while it tries another of the same record; with one session there is nothing to spoil. */
export const hasOneSession = ({ sessions, wasInstalledAnew }: Device): boolean => sessions.size <= 1 && !wasInstalledAnew

const { PreKeyWhisperMessage }: { PreKeyWhisperMessage: { decode(bytes: Uint8Array): { baseKey: Uint8Array } } } =
  requireLibsignal('./src/protobufs.js')

/** Which session a first message is of; its first byte is the version. */
export const baseKeyOf = (firstMessage: Uint8Array): string =>
  Buffer.from(PreKeyWhisperMessage.decode(firstMessage.subarray(1)).baseKey).toString('base64')
