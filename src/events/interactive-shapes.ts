// What `interactive` of a message holds, kind by kind: JSON text, an object, of which what was not said is left out. The source of its
// table in docs/events.md; convert/kinds/ write it.

export type InteractiveShape = { of: string; fields: Readonly<Record<string, string>> }

const button = '[{id?, text?, url?, phone?, index?}]'

/** `of`: whether it is what was shown, or the answer to it. */
export const interactiveShapes: Readonly<Record<string, readonly InteractiveShape[]>> = {
  'link-preview': [
    { of: 'the preview', fields: { url: 'the link as written', title: 'of its page', description: 'of its page' } },
  ],
  sticker: [
    {
      of: 'a pack of stickers',
      fields: {
        packId: 'WhatsApp’s id of it',
        name: 'what it is called',
        publisher: 'whose it is',
        description: 'what it says of itself',
        stickerCount: 'how many are in it',
      },
    },
  ],
  album: [{ of: 'the marker', fields: { imageCount: 'images to come', videoCount: 'videos to come' } }],
  'live-location': [
    {
      of: 'one position',
      fields: {
        sequenceNumber: 'rises from update to update',
        sentAfterSeconds: 'since the sharing began',
        accuracyMeters: 'how far it may be off',
        speedMetersPerSecond: 'how fast the sender moves',
        headingDegrees: 'clockwise from magnetic north',
      },
    },
  ],
  poll: [
    {
      of: 'a quiz, or a result',
      fields: { type: 'quiz', correctAnswer: 'the name of an option', results: '[{name, votes}] of a result that is shown' },
    },
  ],
  event: [
    {
      of: 'the invitation',
      fields: {
        name: 'what it is called',
        description: 'what it is about',
        startsAt: 'ISO 8601',
        endsAt: 'ISO 8601',
        cancelled: 'whether it was called off',
        isCall: 'whether it is a call',
        joinUrl: 'a link to the call',
        extraGuestsAllowed: 'whether guests may bring others',
        remindSecondsBefore: 'when its guests are reminded',
      },
    },
    {
      of: 'an answer',
      fields: { response: 'going, not-going, maybe or unknown', extraGuestCount: 'how many others come along' },
    },
  ],
  product: [
    {
      of: 'the product',
      fields: {
        productId: 'WhatsApp’s id of it',
        retailerId: 'the shop’s own id of it',
        title: 'what it is called',
        description: 'what it is',
        url: 'a page about it',
        price: '{currency, amount1000}, in thousandths',
        salePrice: 'likewise',
        imageCount: 'how many pictures there are',
        sellerId: 'JID of the shop',
        body: 'what is written beside it',
        footer: 'what is written below it',
        catalog: '{title, description} of the catalogue it is from',
      },
    },
  ],
  order: [
    {
      of: 'the order',
      fields: {
        orderId: 'WhatsApp’s id of it',
        title: 'what it is called',
        status: 'inquiry, accepted or declined',
        itemCount: 'how many items',
        total: '{currency, amount1000}, in thousandths',
        sellerId: 'JID of the shop',
        requestMessageId: 'the message that asked for it',
      },
    },
  ],
  list: [
    {
      of: 'what is offered',
      fields: {
        title: 'above the list',
        description: 'what to choose',
        footer: 'below the list',
        buttonText: 'what opens it',
        sections: '[{title, rows: [{id, title, description}]}]',
        sellerId: 'JID of the shop, of products',
        productSections: '[{title, productIds}]',
      },
    },
    { of: 'an answer', fields: { selectedId: 'id of the row that was chosen', description: 'of that row' } },
  ],
  buttons: [
    {
      of: 'what is offered',
      fields: {
        header: 'above the text',
        footer: 'below the text',
        buttons: '[{id, text, name?, paramsJson?}], name and parameters of a native flow',
      },
    },
    { of: 'an answer', fields: { selectedId: 'id of the button that was tapped' } },
  ],
  template: [
    {
      of: 'what is offered',
      fields: {
        templateId: 'the business’ id of it',
        header: 'above the text',
        footer: 'below the text',
        buttons: `${button}; a template made of native parts has the fields of interactive`,
      },
    },
    {
      of: 'an answer',
      fields: {
        selectedId: 'id of the button that was tapped',
        selectedIndex: 'its place, from 0',
        selectedCardIndex: 'that of its card, from 0',
      },
    },
  ],
  interactive: [
    {
      of: 'what is offered',
      fields: {
        header: 'above the text',
        subtitle: 'below the header',
        footer: 'below the text',
        buttons: '[{name, paramsJson}] of a native flow',
        paramsJson: 'parameters of that flow, JSON text as the business wrote it',
        shop: '{id, surface: facebook, instagram or whatsapp}',
        collection: '{id, sellerId}',
        cards: '[{header, subtitle, text, footer, buttons, paramsJson}] to page through',
      },
    },
    {
      of: 'an answer',
      fields: {
        name: 'of the flow',
        selectedId: 'id of what was chosen, where the flow is a choice',
        paramsJson: 'what was answered, JSON text as the phone wrote it',
        version: 'of the flow',
      },
    },
  ],
  'group-invite': [
    {
      of: 'a group',
      fields: {
        groupId: 'JID of it',
        name: 'its subject',
        code: 'what lets one in',
        expiresAt: 'ISO 8601',
        isCommunity: 'true of a community',
      },
    },
    {
      of: 'a channel',
      fields: { channelId: 'JID of it', name: 'its name', role: 'admin or follower', expiresAt: 'ISO 8601, of an admin' },
    },
  ],
  system: [
    {
      of: 'a payment',
      fields: {
        action: 'payment-sent, payment-requested, payment-declined, payment-cancelled, payment-invited, invoice-sent',
        requestMessageId: 'the message that asked for it',
        amount: '{currency, amount1000}, in thousandths',
        payerId: 'JID of who is asked',
        expiresAt: 'ISO 8601',
      },
    },
    {
      of: 'a call',
      fields: {
        action: 'call-logged, call-scheduled, call-cancelled, call-broadcast, call-offered',
        outcome:
          'connected, missed, failed, rejected, accepted-elsewhere, ongoing, silenced, silenced-unknown-caller; also of each participant',
        callType: 'regular, scheduled or voice-chat',
        video: 'whether it is a video call',
        durationSeconds: 'how long it took',
        participants: '[{id, outcome}]',
        startsAt: 'ISO 8601, of one that is scheduled',
        targetMessageId: 'the message that scheduled it, of one that is cancelled',
      },
    },
    {
      of: 'another message',
      fields: {
        action: 'message-kept, message-unkept, status-answered, status-reacted',
        targetMessageId: 'WhatsApp’s id of that message',
        targetSenderId: 'JID of who wrote it',
        sticker: 'which one, of status-reacted',
      },
    },
    {
      of: 'a line of the phone’s history',
      fields: {
        action: 'WhatsApp’s name of it: group-create, group-participant-add, e2e-encrypted, call-missed-voice, revoke …',
        params: 'what it says besides, texts as the phone wrote them',
      },
    },
    {
      of: 'anything else',
      fields: {
        action: 'phone-number-requested, history-shared, structured-text',
        namespace: 'of a structured text',
        name: 'of a structured text',
        params: 'what fills it, texts',
      },
    },
  ],
}

/** The largest part of what a sender said is left out where it is more than 64 KiB. */
export const cutField = { name: 'cut', what: 'true: lists or texts in it lost their ends, as it was too long; raw has all of it' }
