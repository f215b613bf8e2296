<?php
$request = curl_init(getenv("GATEWAY_URL") . "/chat/completions");
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [
        "Authorization: Bearer " . getenv("GATEWAY_API_KEY"),
        "Content-Type: application/json",
    ],
    CURLOPT_POSTFIELDS => json_encode([
        "model" => "default",
        "messages" => [["role" => "user", "content" => "What is the capital of Norway?"]],
    ]),
]);
echo curl_exec($request), "\n";
