// The last messages of the chosen instance, the newest first, each as plain text whatever is in it.
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { messages, newMessages } from './desk.ts'
import { language, say, sayNumber, sayTime } from './language.ts'
import { type Message, PREVIEW_CHARACTERS, previewOf, senderOf } from './messages.ts'

export function MessageList() {
  return (
    <section aria-labelledby="messages-heading">
      <h3 id="messages-heading">{say('messages')}</h3>
      <p role="status" class="unseen">
        {newMessages.value > 0 && say('newMessages', { count: sayNumber(newMessages.value) })}
      </p>
      {messages.value === null && <p>{say('messagesAsking')}</p>}
      {messages.value?.length === 0 && <p>{say('noMessages')}</p>}
      <ol class="messages">
        {messages.value?.map(message => (
          <Shown key={message.eventId} message={message} language={language.value} />
        ))}
      </ol>
    </section>
  )
}

/** Long texts are not laid out again because another message came. */
function Shown({ message, language: spoken }: { message: Message; language: string }) {
  return useMemo(() => <Drawn message={message} />, [JSON.stringify(message), spoken])
}

const Drawn = ({ message }: { message: Message }) => (
  <li class={message.fromMe ? 'message from-me' : 'message'}>
    <p class="quiet">
      <bdi>{message.fromMe ? say('me') : senderOf(message)}</bdi>
      {message.isGroup && `, ${say('inGroup')}`} · <time dateTime={message.occurredAt}>{sayTime(message.occurredAt)}</time>
      {notesOf(message).map(note => ` · ${note}`)}
    </p>
    {message.revokedAt !== null && <p class="quiet">{say('revoked')}</p>}
    {message.undecryptable !== null && <p class="quiet">{say('undecryptable')}</p>}
    {message.text !== null && <Text text={message.text} />}
  </li>
)

const notesOf = ({ kind, media, editedAt, fromMe, status }: Message): readonly string[] => [
  ...(kind === 'text' ? [] : [kind]),
  ...(media === null ? [] : [`${media.fileName ?? media.mimetype ?? ''} (${media.status})`]),
  ...(editedAt === null ? [] : [say('edited')]),
  ...(fromMe && status !== null ? [status] : []),
]

function Text({ text }: { text: string }) {
  const isWhole = useSignal(false)
  return (
    <>
      <p class="text" dir="auto" tabIndex={isWhole.value ? 0 : undefined}>
        {isWhole.value ? text : previewOf(text)}
        {!isWhole.value && text.length > PREVIEW_CHARACTERS && '…'}
      </p>
      {text.length > PREVIEW_CHARACTERS && (
        <button
          type="button"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value
          }}
        >
          {isWhole.value ? say('showLess') : say('showAll', { count: sayNumber(text.length) })}
        </button>
      )}
    </>
  )
}
