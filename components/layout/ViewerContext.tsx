"use client";

import type { FunctionReturnType } from "convex/server";
import { createContext, useContext } from "react";
import type { api } from "@/convex/_generated/api";

export type Viewer = NonNullable<FunctionReturnType<typeof api.members.viewer>>;

export const ViewerContext = createContext<Viewer | null>(null);

/** The signed-in member. Only inside the signed-in pages, which render nothing before it is known. */
export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === null) throw new Error("useViewer works only inside the signed-in pages.");
  return viewer;
}
