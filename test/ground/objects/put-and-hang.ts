// A process that puts half an object and hangs until it is killed.
import { openFilesystemStore } from '../../../src/objects/filesystem.ts'
import { createLogger } from '../../../src/runtime/logger.ts'

const store = await openFilesystemStore({
  directory: process.argv[2] ?? '',
  publicUrl: '',
  signingKey: Buffer.alloc(32),
  logger: createLogger({ level: 'silent' }),
})
async function* body() {
  yield Buffer.from('half of it')
  await new Promise<never>(() => setInterval(() => 'keeps the process alive', 1000))
}
await store.put({ key: 'half', body: body(), contentType: 'text/plain', metadata: {} }, new AbortController().signal)
