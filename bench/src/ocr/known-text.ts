/** What stands on the scans: invented, and ordinary for a school. */
export const KNOWN_TEXT: Readonly<Record<"en" | "ko", readonly string[]>> = {
  en: `The committee met on Tuesday morning to review the budget for the coming year.
Attendance was recorded by the secretary, and the minutes of the previous
meeting were approved without changes. Three proposals were discussed: repairs
to the library roof, a new bus route for pupils from the northern villages, and
the purchase of 24 microscopes for the science rooms. Each was estimated to cost
less than $12,500. The chair asked every member to submit written comments
before Friday, 14 March. Questions about insurance were postponed because the
documents had not arrived. After a short break the group visited the workshop,
where students demonstrated a small wind turbine they had built from recycled
parts. Its output reached 38 watts in a light breeze, which surprised everyone.
The second part of the meeting was given to the summer festival. Parents will
bring tables and lamps; the music teacher looks for eight voices and a drummer.
Tickets cost $3.50 at the door and $2.75 in advance. Children under six are free.
Rain moves everything into the gymnasium, where at most 420 people may gather.
Please return borrowed keys to room 117 by half past four.`.split("\n"),
  ko: `다음 주 월요일부터 도서관 이용 시간이 오전 아홉 시에서 오후 여덟 시까지로 바뀝니다.
열람실은 평일에만 열며, 주말에는 안내 데스크에서 책을 반납할 수 있습니다.
학생증을 잃어버린 학생은 행정실에 들러 새로 신청하시기 바랍니다.
이번 학기 수학 경시대회는 11월 23일 토요일에 본관 3층 강당에서 열립니다.
참가를 원하는 학생은 담임 선생님께 신청서를 내고 준비물을 확인하세요.
과학실 실험 수업은 안전 교육을 마친 뒤에만 참여할 수 있습니다.
급식 메뉴는 매주 금요일 오후에 학교 누리집에 올라오며 알레르기 정보도 함께 적습니다.
겨울 방학 특강은 국어, 영어, 과학 세 과목으로 나누어 진행합니다.
문의 사항은 교무실 전화 031-555-0142번으로 연락해 주십시오.
늦게 도착한 신청서는 받지 않으니 날짜를 꼭 지켜 주시기 바랍니다.
체육 대회 예선은 4월 둘째 주에 운동장에서 반별로 치르며 비가 오면 미룹니다.
학부모 상담은 누리집에서 원하는 시간을 골라 예약하신 뒤 교실로 오시면 됩니다.
방과 후 수업 신청 인원이 열 명보다 적은 강좌는 열리지 않을 수 있습니다.
교복 물려주기 행사는 2월 20일까지 강당 앞 나눔터에서 이어집니다.
등교 시간에는 정문 앞 도로에 차를 세우지 말아 주시기 바랍니다.`.split("\n"),
};
