/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as admin from "../admin.js";
import type * as admission from "../admission.js";
import type * as agentSessions from "../agentSessions.js";
import type * as announce from "../announce.js";
import type * as anthropic from "../anthropic.js";
import type * as apiKeys from "../apiKeys.js";
import type * as auditLog from "../auditLog.js";
import type * as auth from "../auth.js";
import type * as batches from "../batches.js";
import type * as budgetEvents from "../budgetEvents.js";
import type * as budgets from "../budgets.js";
import type * as chat from "../chat.js";
import type * as crons from "../crons.js";
import type * as deliveries from "../deliveries.js";
import type * as deliveryLog from "../deliveryLog.js";
import type * as deliveryOutcome from "../deliveryOutcome.js";
import type * as destinationChanges from "../destinationChanges.js";
import type * as destinations from "../destinations.js";
import type * as dispatchLoop from "../dispatchLoop.js";
import type * as dispatcher from "../dispatcher.js";
import type * as events from "../events.js";
import type * as expiry from "../expiry.js";
import type * as gateway_Call from "../gateway/Call.js";
import type * as gateway_Exchange from "../gateway/Exchange.js";
import type * as gateway_GatewayError from "../gateway/GatewayError.js";
import type * as gateway_PageWriter from "../gateway/PageWriter.js";
import type * as gateway_StreamOutput from "../gateway/StreamOutput.js";
import type * as gateway_answerError from "../gateway/answerError.js";
import type * as gateway_batches from "../gateway/batches.js";
import type * as gateway_callClaude from "../gateway/callClaude.js";
import type * as gateway_chat from "../gateway/chat.js";
import type * as gateway_chatCompletions from "../gateway/chatCompletions.js";
import type * as gateway_chatOutput from "../gateway/chatOutput.js";
import type * as gateway_claude from "../gateway/claude.js";
import type * as gateway_config from "../gateway/config.js";
import type * as gateway_cors from "../gateway/cors.js";
import type * as gateway_countTokens from "../gateway/countTokens.js";
import type * as gateway_credentials from "../gateway/credentials.js";
import type * as gateway_durableStream from "../gateway/durableStream.js";
import type * as gateway_endings from "../gateway/endings.js";
import type * as gateway_files from "../gateway/files.js";
import type * as gateway_jobs from "../gateway/jobs.js";
import type * as gateway_ledger from "../gateway/ledger.js";
import type * as gateway_limitError from "../gateway/limitError.js";
import type * as gateway_messages from "../gateway/messages.js";
import type * as gateway_models from "../gateway/models.js";
import type * as gateway_openApi from "../gateway/openApi.js";
import type * as gateway_openApiOperations from "../gateway/openApiOperations.js";
import type * as gateway_openApiOutgoing from "../gateway/openApiOutgoing.js";
import type * as gateway_ownedObject from "../gateway/ownedObject.js";
import type * as gateway_parseJson from "../gateway/parseJson.js";
import type * as gateway_parseMessagesBody from "../gateway/parseMessagesBody.js";
import type * as gateway_pumpStream from "../gateway/pumpStream.js";
import type * as gateway_readBody from "../gateway/readBody.js";
import type * as gateway_readStream from "../gateway/readStream.js";
import type * as gateway_receiveWebhook from "../gateway/receiveWebhook.js";
import type * as gateway_refusalError from "../gateway/refusalError.js";
import type * as gateway_relay from "../gateway/relay.js";
import type * as gateway_resumeStream from "../gateway/resumeStream.js";
import type * as gateway_retryOf from "../gateway/retryOf.js";
import type * as gateway_sessionOf from "../gateway/sessionOf.js";
import type * as gateway_settleBatch from "../gateway/settleBatch.js";
import type * as gateway_stopRequest from "../gateway/stopRequest.js";
import type * as gateway_unknownRoute from "../gateway/unknownRoute.js";
import type * as gateway_upstream from "../gateway/upstream.js";
import type * as http from "../http.js";
import type * as invites from "../invites.js";
import type * as jobs from "../jobs.js";
import type * as keyState from "../keyState.js";
import type * as limitTargets from "../limitTargets.js";
import type * as limitUsage from "../limitUsage.js";
import type * as limits from "../limits.js";
import type * as memberAccess from "../memberAccess.js";
import type * as members from "../members.js";
import type * as messages from "../messages.js";
import type * as meteredMessage from "../meteredMessage.js";
import type * as meteredScopes from "../meteredScopes.js";
import type * as metering from "../metering.js";
import type * as model_BatchDemand from "../model/BatchDemand.js";
import type * as model_BatchTally from "../model/BatchTally.js";
import type * as model_ChatMeter from "../model/ChatMeter.js";
import type * as model_EventNumbers from "../model/EventNumbers.js";
import type * as model_Turnstile from "../model/Turnstile.js";
import type * as model_answerBody from "../model/answerBody.js";
import type * as model_anthropicUsage from "../model/anthropicUsage.js";
import type * as model_assembledMessage from "../model/assembledMessage.js";
import type * as model_attemptVerdict from "../model/attemptVerdict.js";
import type * as model_auditEntry from "../model/auditEntry.js";
import type * as model_base64 from "../model/base64.js";
import type * as model_budgetEvent from "../model/budgetEvent.js";
import type * as model_callbackUrl from "../model/callbackUrl.js";
import type * as model_chargeMeters from "../model/chargeMeters.js";
import type * as model_contentBlocks from "../model/contentBlocks.js";
import type * as model_decision from "../model/decision.js";
import type * as model_deliverySchedule from "../model/deliverySchedule.js";
import type * as model_diagnosis from "../model/diagnosis.js";
import type * as model_encodeHex from "../model/encodeHex.js";
import type * as model_firstOf from "../model/firstOf.js";
import type * as model_gatewayKey from "../model/gatewayKey.js";
import type * as model_hasRole from "../model/hasRole.js";
import type * as model_hmac from "../model/hmac.js";
import type * as model_hold from "../model/hold.js";
import type * as model_jsonBytes from "../model/jsonBytes.js";
import type * as model_laneRound from "../model/laneRound.js";
import type * as model_limits from "../model/limits.js";
import type * as model_linkToken from "../model/linkToken.js";
import type * as model_messageContent from "../model/messageContent.js";
import type * as model_messageDemand from "../model/messageDemand.js";
import type * as model_messageOutcome from "../model/messageOutcome.js";
import type * as model_meter from "../model/meter.js";
import type * as model_namedObjects from "../model/namedObjects.js";
import type * as model_nextAttempt from "../model/nextAttempt.js";
import type * as model_normalizeEmail from "../model/normalizeEmail.js";
import type * as model_outcome from "../model/outcome.js";
import type * as model_payloadFilter from "../model/payloadFilter.js";
import type * as model_payloadPath from "../model/payloadPath.js";
import type * as model_priceTable from "../model/priceTable.js";
import type * as model_pricing from "../model/pricing.js";
import type * as model_promptTemplate from "../model/promptTemplate.js";
import type * as model_prunedJson from "../model/prunedJson.js";
import type * as model_publicAddress from "../model/publicAddress.js";
import type * as model_rebalancedMeters from "../model/rebalancedMeters.js";
import type * as model_replaceModel from "../model/replaceModel.js";
import type * as model_reservation from "../model/reservation.js";
import type * as model_rotation from "../model/rotation.js";
import type * as model_runBody from "../model/runBody.js";
import type * as model_sealedSecret from "../model/sealedSecret.js";
import type * as model_senderEvent from "../model/senderEvent.js";
import type * as model_senderScheme from "../model/senderScheme.js";
import type * as model_sessionTree from "../model/sessionTree.js";
import type * as model_sseFramer from "../model/sseFramer.js";
import type * as model_standardWebhooks from "../model/standardWebhooks.js";
import type * as model_sumUsage from "../model/sumUsage.js";
import type * as model_threadTitle from "../model/threadTitle.js";
import type * as model_tokenBucket from "../model/tokenBucket.js";
import type * as model_usageMeter from "../model/usageMeter.js";
import type * as model_validators from "../model/validators.js";
import type * as model_webhookProblem from "../model/webhookProblem.js";
import type * as model_webhookValidators from "../model/webhookValidators.js";
import type * as model_windows from "../model/windows.js";
import type * as models from "../models.js";
import type * as namedTargets from "../namedTargets.js";
import type * as passwordProvider from "../passwordProvider.js";
import type * as passwordResets from "../passwordResets.js";
import type * as passwords from "../passwords.js";
import type * as postMessage from "../postMessage.js";
import type * as postSafely from "../postSafely.js";
import type * as prices from "../prices.js";
import type * as probeUpstream from "../probeUpstream.js";
import type * as reprice from "../reprice.js";
import type * as requestLog from "../requestLog.js";
import type * as requests from "../requests.js";
import type * as retries from "../retries.js";
import type * as runAttempt from "../runAttempt.js";
import type * as runEnding from "../runEnding.js";
import type * as runInput from "../runInput.js";
import type * as runs from "../runs.js";
import type * as sendDeliveries from "../sendDeliveries.js";
import type * as sessionAgents from "../sessionAgents.js";
import type * as sessions from "../sessions.js";
import type * as settings from "../settings.js";
import type * as settlement from "../settlement.js";
import type * as slots from "../slots.js";
import type * as status from "../status.js";
import type * as streamPages from "../streamPages.js";
import type * as textParts from "../textParts.js";
import type * as threads from "../threads.js";
import type * as upstreamKeys from "../upstreamKeys.js";
import type * as upstreamObjects from "../upstreamObjects.js";
import type * as usage from "../usage.js";
import type * as usageHours from "../usageHours.js";
import type * as webLink from "../webLink.js";
import type * as webhookAdmin from "../webhookAdmin.js";
import type * as webhookChanges from "../webhookChanges.js";
import type * as webhookRetention from "../webhookRetention.js";
import type * as webhookSecrets from "../webhookSecrets.js";
import type * as webhooks from "../webhooks.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  admin: typeof admin;
  admission: typeof admission;
  agentSessions: typeof agentSessions;
  announce: typeof announce;
  anthropic: typeof anthropic;
  apiKeys: typeof apiKeys;
  auditLog: typeof auditLog;
  auth: typeof auth;
  batches: typeof batches;
  budgetEvents: typeof budgetEvents;
  budgets: typeof budgets;
  chat: typeof chat;
  crons: typeof crons;
  deliveries: typeof deliveries;
  deliveryLog: typeof deliveryLog;
  deliveryOutcome: typeof deliveryOutcome;
  destinationChanges: typeof destinationChanges;
  destinations: typeof destinations;
  dispatchLoop: typeof dispatchLoop;
  dispatcher: typeof dispatcher;
  events: typeof events;
  expiry: typeof expiry;
  "gateway/Call": typeof gateway_Call;
  "gateway/Exchange": typeof gateway_Exchange;
  "gateway/GatewayError": typeof gateway_GatewayError;
  "gateway/PageWriter": typeof gateway_PageWriter;
  "gateway/StreamOutput": typeof gateway_StreamOutput;
  "gateway/answerError": typeof gateway_answerError;
  "gateway/batches": typeof gateway_batches;
  "gateway/callClaude": typeof gateway_callClaude;
  "gateway/chat": typeof gateway_chat;
  "gateway/chatCompletions": typeof gateway_chatCompletions;
  "gateway/chatOutput": typeof gateway_chatOutput;
  "gateway/claude": typeof gateway_claude;
  "gateway/config": typeof gateway_config;
  "gateway/cors": typeof gateway_cors;
  "gateway/countTokens": typeof gateway_countTokens;
  "gateway/credentials": typeof gateway_credentials;
  "gateway/durableStream": typeof gateway_durableStream;
  "gateway/endings": typeof gateway_endings;
  "gateway/files": typeof gateway_files;
  "gateway/jobs": typeof gateway_jobs;
  "gateway/ledger": typeof gateway_ledger;
  "gateway/limitError": typeof gateway_limitError;
  "gateway/messages": typeof gateway_messages;
  "gateway/models": typeof gateway_models;
  "gateway/openApi": typeof gateway_openApi;
  "gateway/openApiOperations": typeof gateway_openApiOperations;
  "gateway/openApiOutgoing": typeof gateway_openApiOutgoing;
  "gateway/ownedObject": typeof gateway_ownedObject;
  "gateway/parseJson": typeof gateway_parseJson;
  "gateway/parseMessagesBody": typeof gateway_parseMessagesBody;
  "gateway/pumpStream": typeof gateway_pumpStream;
  "gateway/readBody": typeof gateway_readBody;
  "gateway/readStream": typeof gateway_readStream;
  "gateway/receiveWebhook": typeof gateway_receiveWebhook;
  "gateway/refusalError": typeof gateway_refusalError;
  "gateway/relay": typeof gateway_relay;
  "gateway/resumeStream": typeof gateway_resumeStream;
  "gateway/retryOf": typeof gateway_retryOf;
  "gateway/sessionOf": typeof gateway_sessionOf;
  "gateway/settleBatch": typeof gateway_settleBatch;
  "gateway/stopRequest": typeof gateway_stopRequest;
  "gateway/unknownRoute": typeof gateway_unknownRoute;
  "gateway/upstream": typeof gateway_upstream;
  http: typeof http;
  invites: typeof invites;
  jobs: typeof jobs;
  keyState: typeof keyState;
  limitTargets: typeof limitTargets;
  limitUsage: typeof limitUsage;
  limits: typeof limits;
  memberAccess: typeof memberAccess;
  members: typeof members;
  messages: typeof messages;
  meteredMessage: typeof meteredMessage;
  meteredScopes: typeof meteredScopes;
  metering: typeof metering;
  "model/BatchDemand": typeof model_BatchDemand;
  "model/BatchTally": typeof model_BatchTally;
  "model/ChatMeter": typeof model_ChatMeter;
  "model/EventNumbers": typeof model_EventNumbers;
  "model/Turnstile": typeof model_Turnstile;
  "model/answerBody": typeof model_answerBody;
  "model/anthropicUsage": typeof model_anthropicUsage;
  "model/assembledMessage": typeof model_assembledMessage;
  "model/attemptVerdict": typeof model_attemptVerdict;
  "model/auditEntry": typeof model_auditEntry;
  "model/base64": typeof model_base64;
  "model/budgetEvent": typeof model_budgetEvent;
  "model/callbackUrl": typeof model_callbackUrl;
  "model/chargeMeters": typeof model_chargeMeters;
  "model/contentBlocks": typeof model_contentBlocks;
  "model/decision": typeof model_decision;
  "model/deliverySchedule": typeof model_deliverySchedule;
  "model/diagnosis": typeof model_diagnosis;
  "model/encodeHex": typeof model_encodeHex;
  "model/firstOf": typeof model_firstOf;
  "model/gatewayKey": typeof model_gatewayKey;
  "model/hasRole": typeof model_hasRole;
  "model/hmac": typeof model_hmac;
  "model/hold": typeof model_hold;
  "model/jsonBytes": typeof model_jsonBytes;
  "model/laneRound": typeof model_laneRound;
  "model/limits": typeof model_limits;
  "model/linkToken": typeof model_linkToken;
  "model/messageContent": typeof model_messageContent;
  "model/messageDemand": typeof model_messageDemand;
  "model/messageOutcome": typeof model_messageOutcome;
  "model/meter": typeof model_meter;
  "model/namedObjects": typeof model_namedObjects;
  "model/nextAttempt": typeof model_nextAttempt;
  "model/normalizeEmail": typeof model_normalizeEmail;
  "model/outcome": typeof model_outcome;
  "model/payloadFilter": typeof model_payloadFilter;
  "model/payloadPath": typeof model_payloadPath;
  "model/priceTable": typeof model_priceTable;
  "model/pricing": typeof model_pricing;
  "model/promptTemplate": typeof model_promptTemplate;
  "model/prunedJson": typeof model_prunedJson;
  "model/publicAddress": typeof model_publicAddress;
  "model/rebalancedMeters": typeof model_rebalancedMeters;
  "model/replaceModel": typeof model_replaceModel;
  "model/reservation": typeof model_reservation;
  "model/rotation": typeof model_rotation;
  "model/runBody": typeof model_runBody;
  "model/sealedSecret": typeof model_sealedSecret;
  "model/senderEvent": typeof model_senderEvent;
  "model/senderScheme": typeof model_senderScheme;
  "model/sessionTree": typeof model_sessionTree;
  "model/sseFramer": typeof model_sseFramer;
  "model/standardWebhooks": typeof model_standardWebhooks;
  "model/sumUsage": typeof model_sumUsage;
  "model/threadTitle": typeof model_threadTitle;
  "model/tokenBucket": typeof model_tokenBucket;
  "model/usageMeter": typeof model_usageMeter;
  "model/validators": typeof model_validators;
  "model/webhookProblem": typeof model_webhookProblem;
  "model/webhookValidators": typeof model_webhookValidators;
  "model/windows": typeof model_windows;
  models: typeof models;
  namedTargets: typeof namedTargets;
  passwordProvider: typeof passwordProvider;
  passwordResets: typeof passwordResets;
  passwords: typeof passwords;
  postMessage: typeof postMessage;
  postSafely: typeof postSafely;
  prices: typeof prices;
  probeUpstream: typeof probeUpstream;
  reprice: typeof reprice;
  requestLog: typeof requestLog;
  requests: typeof requests;
  retries: typeof retries;
  runAttempt: typeof runAttempt;
  runEnding: typeof runEnding;
  runInput: typeof runInput;
  runs: typeof runs;
  sendDeliveries: typeof sendDeliveries;
  sessionAgents: typeof sessionAgents;
  sessions: typeof sessions;
  settings: typeof settings;
  settlement: typeof settlement;
  slots: typeof slots;
  status: typeof status;
  streamPages: typeof streamPages;
  textParts: typeof textParts;
  threads: typeof threads;
  upstreamKeys: typeof upstreamKeys;
  upstreamObjects: typeof upstreamObjects;
  usage: typeof usage;
  usageHours: typeof usageHours;
  webLink: typeof webLink;
  webhookAdmin: typeof webhookAdmin;
  webhookChanges: typeof webhookChanges;
  webhookRetention: typeof webhookRetention;
  webhookSecrets: typeof webhookSecrets;
  webhooks: typeof webhooks;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {};
