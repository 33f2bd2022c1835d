// The verbs that call zaplog; json-everywhere.real.test.ts compares them with those that there are.

/** Each with what it needs to call zaplog; a verb that is added has to be here, or among those that call none. */
export const calls: Readonly<Record<string, readonly string[]>> = {
  'instances list': [],
  'instances show': ['shop'],
  'instances create': ['--name', 'Shop'],
  'instances qr': ['shop'],
  'instances pair': ['shop', '--phone', '+55 11 90000-0011'],
  'instances restart': ['shop'],
  'instances logout': ['shop'],
  'instances delete': ['shop'],
  'instances purge-status': ['shop'],
  'instances history': ['shop'],
  rebuild: ['read-model'],
  'rebuilds status': ['rb_1'],
  'rebuilds swap': ['rb_1'],
  'rebuilds rollback': ['rb_1'],
  replay: ['--from', '-7d', '--to', 'backfill'],
  'replays status': ['backfill'],
  send: ['5511900000011', 'hello'],
  upload: ['package.json', '--to', '5511900000011'],
  'instances set': ['shop', 'historySync=true'],
  'webhooks list': [],
  'webhooks listen': [],
  'webhooks add': ['https://example.com/hook'],
  'webhooks test': ['one'],
  'webhooks enable': ['one'],
  'webhooks disable': ['one'],
  'webhooks remove': ['one'],
  'events tail': [],
  'events why': ['0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
  'media why': ['0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
  'keys status': [],
  'keys rotate': [],
  lag: [],
  status: [],
  ls: [],
}

/** Some of those that are made of routes, one of each sort: test/cli/call-verbs.test.ts has them all, without a process each. */
export const someOfRoutes: Readonly<Record<string, readonly string[]>> = {
  'chats archive': ['5511900000011'],
  'groups list': [],
  'numbers check': ['5511900000011'],
  'uploads delete': ['one'],
}
