// Written by `make types` from the API's description. Do not edit: a test compares the two.

export type Alive = { status: string };

/** `complete`: the run succeeded, and no model's text was cut; `finish_reason` says why one was. */
export type Answer = { text: string; sources: ReadonlyArray<Passage>; usage: Record<string, number>; complete: boolean; message?: ChatMessage | null; finish_reason?: "filtered" | "length" | null };

export type AnswerDelta = { text: string };

export type AnswerDeltaEvent = { seq: number; run_id: string; type: "answer.delta"; node_id: string | null; at: string; data: AnswerDelta };

export type AnswerEvent = { seq: number; run_id: string; type: "answer"; node_id: string | null; at: string; data: Answer };

/** Shares of the page's width and height, from its upper left corner. */
export type BoxOut = { x0: number; y0: number; x1: number; y1: number };

export type BoxesOut = { boxes: ReadonlyArray<ReadonlyArray<BoxOut>> };

export type Cancel = { type: "cancel"; run_id: string };

/** `parent_id`, of a question: the question that it follows in its branch. */
export type ChatMessage = { id: string; role: "assistant" | "user"; content: string; created_at: string; metadata: Record<string, unknown>; parent_id?: string | null };

export type ClientFrame = Send | Cancel | Follow;

export type CredentialIn = { provider: string; name: string; secret: string; base_url?: string | null };

export type CredentialOut = { id: string; provider: string; name: string; base_url: string | null; last4: string; created_at: string };

export type CredentialTest = { ok: boolean; message: string };

export type DocumentOut = { id: string; knowledge_base_id: string; workflow_id: string | null; filename: string; kind: "pdf" | "text" | "markdown" | "html" | null; size: number; status: "processing" | "ready" | "failed"; progress: number; pages: number | null; chunks: number | null; error: string | null; metadata: Record<string, unknown>; created_at: string };

/** Who turns texts into vectors. `local` needs nothing else. */
export type EmbedderIn = { provider?: string; model?: string | null; credential_id?: string | null; base_url?: string | null };

export type EmbedderOut = { provider: string; model: string | null; credential_id: string | null; base_url: string | null };

/** A frame that could not be taken. The socket stays open. `id` is the message's or the run's, where it had one. */
export type ErrorFrame = { code: string; message: string; id?: string | null; problems?: ReadonlyArray<Record<string, Record<string, unknown>>> | null; type: "error" };

/** What a run's log holds: the same object over SSE and every socket. */
export type Event = MessageAcceptedEvent | RunStartedEvent | NodeStartedEvent | NodeFinishedEvent | NodeFailedEvent | NodeSkippedEvent | NodeRestartedEvent | ThinkingEvent | SourcesEvent | AnswerDeltaEvent | AnswerEvent | RunFinishedEvent;

export type FeedbackIn = { rating: "up" | "down"; reason?: string };

export type FeedbackOut = { rating: "up" | "down"; reason: string; updated_at: string };

export type Follow = { type: "follow"; run_id: string; after?: number };

export type GraphIn = { configuration: Record<string, unknown> };

/** What is left out stays as it is. */
export type KnowledgeBaseChange = { name?: string | null; embedder?: EmbedderIn | null; chunk_size?: number | null; chunk_overlap?: number | null };

export type KnowledgeBaseIn = { name: string; embedder?: EmbedderIn; chunk_size?: number; chunk_overlap?: number };

export type KnowledgeBaseOut = { id: string; name: string; workflow_id: string | null; embedder: EmbedderOut; fingerprint: string | null; dimensions: number | null; chunk_size: number; chunk_overlap: number; created_at: string; updated_at: string };

export type MessageAccepted = { message: ChatMessage };

export type MessageAcceptedEvent = { seq: number; run_id: string; type: "message.accepted"; node_id: string | null; at: string; data: MessageAccepted };

export type MessageOut = { id: string; run_id: string | null; parent_id: string | null; role: "user" | "assistant"; content: string; metadata: Record<string, unknown>; created_at: string; feedback: FeedbackOut | null };

export type ModelOut = { id: string; title: string; ends_at: string | null };

export type NodeFailed = { label: string; type: string; duration_ms: number; error: Trouble; inputs: Record<string, unknown> };

export type NodeFailedEvent = { seq: number; run_id: string; type: "node.failed"; node_id: string; at: string; data: NodeFailed };

export type NodeFinished = { label: string; type: string; duration_ms: number; inputs: Record<string, unknown>; outputs: Record<string, unknown>; usage?: Record<string, number> | null; finish_reason?: "filtered" | "length" | null };

export type NodeFinishedEvent = { seq: number; run_id: string; type: "node.finished"; node_id: string; at: string; data: NodeFinished };

export type NodeOut = { id: string; label: string; type: string; status: "waiting" | "running" | "succeeded" | "failed" | "skipped"; started_at: string | null; duration_ms: number | null; inputs: Record<string, unknown> | null; outputs: Record<string, unknown> | null; usage: Record<string, number> | null; error: Record<string, unknown> | null };

export type NodeRestarted = { label: string; type: string; discard_after: number };

export type NodeRestartedEvent = { seq: number; run_id: string; type: "node.restarted"; node_id: string; at: string; data: NodeRestarted };

export type NodeSkipped = { label: string; type: string; reason: string };

export type NodeSkippedEvent = { seq: number; run_id: string; type: "node.skipped"; node_id: string; at: string; data: NodeSkipped };

export type NodeStarted = { label: string; type: string };

export type NodeStartedEvent = { seq: number; run_id: string; type: "node.started"; node_id: string; at: string; data: NodeStarted };

export type NodeTypeOut = { type: string; title: string; description: string; category: string; icon: string; role: "entry" | "step" | "exit"; inputs: ReadonlyArray<PortOut>; outputs: ReadonlyArray<PortOut>; config_schema: Record<string, unknown> };

/** `port_types` names what flows; an edge is legal when the target lists one of the source's types. */
export type NodeTypes = { items: ReadonlyArray<NodeTypeOut>; total: number; skip: number; limit: number; port_types: ReadonlyArray<PortTypeOut> };

export type PageOut = { document_id: string; page: number; text: string };

export type PageCredentialOut = { items: ReadonlyArray<CredentialOut>; total: number; skip: number; limit: number };

export type PageDocumentOut = { items: ReadonlyArray<DocumentOut>; total: number; skip: number; limit: number };

export type PageKnowledgeBaseOut = { items: ReadonlyArray<KnowledgeBaseOut>; total: number; skip: number; limit: number };

export type PageMessageOut = { items: ReadonlyArray<MessageOut>; total: number; skip: number; limit: number };

export type PageModelOut = { items: ReadonlyArray<ModelOut>; total: number; skip: number; limit: number };

export type PagePassageOut = { items: ReadonlyArray<PassageOut>; total: number; skip: number; limit: number };

export type PageProviderOut = { items: ReadonlyArray<ProviderOut>; total: number; skip: number; limit: number };

export type PageRunItem = { items: ReadonlyArray<RunItem>; total: number; skip: number; limit: number };

export type PageSessionOut = { items: ReadonlyArray<SessionOut>; total: number; skip: number; limit: number };

export type PageTagOut = { items: ReadonlyArray<TagOut>; total: number; skip: number; limit: number };

export type PageTemplateOut = { items: ReadonlyArray<TemplateOut>; total: number; skip: number; limit: number };

export type PageVersionItem = { items: ReadonlyArray<VersionItem>; total: number; skip: number; limit: number };

export type PageWorkflowItem = { items: ReadonlyArray<WorkflowItem>; total: number; skip: number; limit: number };

/** `message` says in a sentence what is the matter, or how it stands. */
export type Part = { name: string; ok: boolean; message: string };

/** A piece of a document, as found. `page` counts from 1, null where there are no pages; `score` is a cosine. */
export type Passage = { document_id: string; filename: string; page: number | null; score: number; text: string; match?: string | null };

export type PassageOut = { document_id: string; filename: string; page: number | null; score: number; text: string; match?: string | null };

export type PlannedNode = { id: string; label: string; type: string };

export type PortOut = { name: string; title: string; types: ReadonlyArray<string>; required: boolean; multiple: boolean; streamed: boolean };

export type PortTypeOut = { name: string; title: string; description: string };

/** RFC 9457, with a stable `code` for programs and a `detail` for people. */
export type ProblemDetail = { type?: string; title: string; status: number; detail: string; code: string; timestamp: string; request_id: string; problems?: ReadonlyArray<Record<string, unknown>> | null };

/** What is wrong with a graph, where, and what to do. */
export type ProblemOut = { code: string; severity: "error" | "warning"; message: string; node_id: string | null; edge_id: string | null; field: string | null };

export type ProviderOut = { id: string; title: string; needs_key: boolean; needs_base_url: boolean; default_base_url: string | null; key_help: string; chat: boolean; embeds: boolean };

export type Readiness = { ready: boolean; parts: ReadonlyArray<Part> };

export type RunFinished = { status: "cancelled" | "failed" | "succeeded"; error: Trouble | null; duration_ms: number; usage: Record<string, number> };

export type RunFinishedEvent = { seq: number; run_id: string; type: "run.finished"; node_id: string | null; at: string; data: RunFinished };

export type RunIn = { query: string; session_id?: string | null };

export type RunItem = { id: string; workflow_id: string; version: number; session_id: string | null; status: "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled"; query: string; answer: string | null; sources: ReadonlyArray<PassageOut>; usage: Record<string, number>; finish_reason: "length" | "filtered" | null; error: Record<string, unknown> | null; created_at: string; started_at: string | null; finished_at: string | null; trimmed_at: string | null };

export type RunOut = { id: string; workflow_id: string; version: number; session_id: string | null; status: "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled"; query: string; answer: string | null; sources: ReadonlyArray<PassageOut>; usage: Record<string, number>; finish_reason: "length" | "filtered" | null; error: Record<string, unknown> | null; created_at: string; started_at: string | null; finished_at: string | null; trimmed_at: string | null; nodes: ReadonlyArray<NodeOut> };

export type RunStarted = { workflow_id: string; version: number; plan: ReadonlyArray<PlannedNode> };

export type RunStartedEvent = { seq: number; run_id: string; type: "run.started"; node_id: string | null; at: string; data: RunStarted };

/** Passages come best first by meaning and by words. A score is a cosine, so scores need not descend. */
export type SearchIn = { query: string; top_k?: number; document_ids?: ReadonlyArray<string> | null; filter?: Record<string, unknown> | null };

/** Ask something. `id` is the client's own: the same message sent again is asked once. */
export type Send = { type: "message"; id: string; content: string; parent_id?: string | null };

/** What is left out stays as it is. */
export type SessionChange = { title?: string | null };

export type SessionIn = { title?: string };

export type SessionOut = { id: string; workflow_id: string; title: string; active_run: string | null; created_at: string; updated_at: string };

export type Sources = { passages: ReadonlyArray<Passage> };

export type SourcesEvent = { seq: number; run_id: string; type: "sources"; node_id: string | null; at: string; data: Sources };

export type TagOut = { tag: string; count: number };

/** A ready-made workflow. `picture` is an SVG image as a data address. */
export type TemplateOut = { id: string; name: string; description: string; promise: string; picture: string; configuration: Record<string, unknown> };

export type TextsIn = { texts: ReadonlyArray<string> };

export type Thinking = { text: string; kind: "reasoning" | "status" };

export type ThinkingEvent = { seq: number; run_id: string; type: "thinking"; node_id: string | null; at: string; data: Thinking };

/** Why something ended badly: a stable upper-case `code` and a sentence. */
export type Trouble = { code: string; message: string; node_id?: string | null };

export type Validity = { valid: boolean; problems: ReadonlyArray<ProblemOut> };

export type VersionItem = { version: number; name: string; description: string; created_at: string };

export type VersionOut = { version: number; name: string; description: string; created_at: string; configuration: Record<string, unknown> };

/** What is left out stays as it is. */
export type WorkflowChange = { name?: string | null; description?: string | null; tags?: ReadonlyArray<string> | null };

export type WorkflowCopy = { name?: string | null };

export type WorkflowIn = { name: string; description?: string; configuration: Record<string, unknown>; tags?: ReadonlyArray<string> | null };

export type WorkflowItem = { id: string; name: string; description: string; tags: ReadonlyArray<string>; version: number; node_types: ReadonlyArray<string>; error_count: number; knowledge_base_id: string | null; created_at: string; updated_at: string };

export type WorkflowOut = { id: string; name: string; description: string; tags: ReadonlyArray<string>; configuration: Record<string, unknown>; version: number; problems: ReadonlyArray<ProblemOut>; knowledge_base_id: string | null; created_at: string; updated_at: string };

/** Every call: what it is given, and what it answers. */
export type Calls = {
  "POST /credentials": { body: CredentialIn; answer: CredentialOut };
  "GET /credentials": { query: { skip?: number; limit?: number }; answer: PageCredentialOut };
  "PUT /credentials/{credential_id}": { path: { credential_id: string }; body: CredentialIn; answer: CredentialOut };
  "DELETE /credentials/{credential_id}": { path: { credential_id: string }; answer: undefined };
  "GET /credentials/{credential_id}/models": { path: { credential_id: string }; query: { skip?: number; limit?: number }; answer: PageModelOut };
  "POST /credentials/{credential_id}/test": { path: { credential_id: string }; answer: CredentialTest };
  "GET /documents/{document_id}": { path: { document_id: string }; answer: DocumentOut };
  "DELETE /documents/{document_id}": { path: { document_id: string }; answer: undefined };
  "GET /documents/{document_id}/file": { path: { document_id: string }; answer: unknown };
  "GET /documents/{document_id}/pages/{number}": { path: { document_id: string; number: number }; answer: PageOut };
  "POST /documents/{document_id}/pages/{number}/boxes": { path: { document_id: string; number: number }; body: TextsIn; answer: BoxesOut };
  "POST /knowledge-bases": { body: KnowledgeBaseIn; answer: KnowledgeBaseOut };
  "GET /knowledge-bases": { query: { shared?: boolean | null; skip?: number; limit?: number }; answer: PageKnowledgeBaseOut };
  "GET /knowledge-bases/{knowledge_base_id}": { path: { knowledge_base_id: string }; answer: KnowledgeBaseOut };
  "PUT /knowledge-bases/{knowledge_base_id}": { path: { knowledge_base_id: string }; body: KnowledgeBaseChange; answer: KnowledgeBaseOut };
  "DELETE /knowledge-bases/{knowledge_base_id}": { path: { knowledge_base_id: string }; answer: undefined };
  "POST /knowledge-bases/{knowledge_base_id}/documents": { path: { knowledge_base_id: string }; body: FormData; answer: PageDocumentOut };
  "GET /knowledge-bases/{knowledge_base_id}/documents": { path: { knowledge_base_id: string }; query: { sort?: "created_at" | "-created_at"; skip?: number; limit?: number }; answer: PageDocumentOut };
  "POST /knowledge-bases/{knowledge_base_id}/search": { path: { knowledge_base_id: string }; body: SearchIn; answer: PagePassageOut };
  "GET /node-types": { query: { skip?: number; limit?: number }; answer: NodeTypes };
  "GET /providers": { query: { skip?: number; limit?: number }; answer: PageProviderOut };
  "GET /runs/{run_id}": { path: { run_id: string }; answer: RunOut };
  "POST /runs/{run_id}/cancel": { path: { run_id: string }; answer: RunOut };
  "GET /runs/{run_id}/events": { path: { run_id: string }; query: { after?: number; skip?: number; limit?: number }; answer: unknown };
  "GET /sessions/{session_id}": { path: { session_id: string }; answer: SessionOut };
  "PATCH /sessions/{session_id}": { path: { session_id: string }; body: SessionChange; answer: SessionOut };
  "DELETE /sessions/{session_id}": { path: { session_id: string }; answer: undefined };
  "GET /sessions/{session_id}/messages": { path: { session_id: string }; query: { skip?: number; limit?: number }; answer: PageMessageOut };
  "PUT /sessions/{session_id}/messages/{message_id}/feedback": { path: { session_id: string; message_id: string }; body: FeedbackIn; answer: FeedbackOut };
  "DELETE /sessions/{session_id}/messages/{message_id}/feedback": { path: { session_id: string; message_id: string }; answer: undefined };
  "GET /templates": { query: { skip?: number; limit?: number }; answer: PageTemplateOut };
  "POST /workflows": { body: WorkflowIn; answer: WorkflowOut };
  "GET /workflows": { query: { q?: string; tag?: string; sort?: "-updated_at" | "updated_at" | "name" | "-name" | "-created_at" | "created_at"; skip?: number; limit?: number }; answer: PageWorkflowItem };
  "GET /workflows/tags": { query: { skip?: number; limit?: number }; answer: PageTagOut };
  "POST /workflows/validate": { body: GraphIn; answer: Validity };
  "PATCH /workflows/{workflow_id}": { path: { workflow_id: string }; body: WorkflowChange; answer: WorkflowOut };
  "GET /workflows/{workflow_id}": { path: { workflow_id: string }; answer: WorkflowOut };
  "PUT /workflows/{workflow_id}": { path: { workflow_id: string }; body: WorkflowIn; answer: WorkflowOut };
  "DELETE /workflows/{workflow_id}": { path: { workflow_id: string }; answer: undefined };
  "POST /workflows/{workflow_id}/documents": { path: { workflow_id: string }; body: FormData; answer: PageDocumentOut };
  "GET /workflows/{workflow_id}/documents": { path: { workflow_id: string }; query: { sort?: "created_at" | "-created_at"; skip?: number; limit?: number }; answer: PageDocumentOut };
  "POST /workflows/{workflow_id}/duplicate": { path: { workflow_id: string }; body: WorkflowCopy; answer: WorkflowOut };
  "POST /workflows/{workflow_id}/runs": { path: { workflow_id: string }; body: RunIn; answer: RunOut };
  "GET /workflows/{workflow_id}/runs": { path: { workflow_id: string }; query: { skip?: number; limit?: number }; answer: PageRunItem };
  "POST /workflows/{workflow_id}/sessions": { path: { workflow_id: string }; body: SessionIn | null; answer: SessionOut };
  "GET /workflows/{workflow_id}/sessions": { path: { workflow_id: string }; query: { skip?: number; limit?: number }; answer: PageSessionOut };
  "POST /workflows/{workflow_id}/validate": { path: { workflow_id: string }; answer: Validity };
  "GET /workflows/{workflow_id}/versions": { path: { workflow_id: string }; query: { skip?: number; limit?: number }; answer: PageVersionItem };
  "GET /workflows/{workflow_id}/versions/{number}": { path: { workflow_id: string; number: number }; answer: VersionOut };
};
