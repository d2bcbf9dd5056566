/** A new chat; `ChatScreen` in the layout shows it. */
export default function NewChatPage() {
  return null;
}
