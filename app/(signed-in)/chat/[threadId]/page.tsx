/** A thread; `ChatScreen` in the layout shows the one that the URL names. */
export default function ThreadPage() {
  return null;
}
