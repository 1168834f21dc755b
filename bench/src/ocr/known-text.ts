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
등교 시간에는 정문 앞 도로에 차를 세우지 말아 주시기 바랍니다.
지난겨울 눈이 많이 내려 뒷산 오솔길 곳곳에 쓰러진 나무가 아직 남아 있습니다.
봄이 오면 학생회가 흙을 고르고 들꽃 씨앗 3,200알을 심을 계획이라고 합니다.
할머니께서는 툇마루에 앉아 옛날에 냇가에서 빨래하던 이야기를 들려주셨다.
그 마을 우물은 여름에도 얼음처럼 차가워 이웃 사람들까지 물을 길으러 왔다.
기차는 새벽 5시 40분에 떠나므로 늦어도 5시 25분에는 승강장에 모여야 한다.
값을 깎아 달라는 손님에게 주인은 웃으며 귤 두 개를 덤으로 얹어 주었다.
물체가 떨어지는 빠르기는 무게와 관계없이 같다는 사실을 실험으로 확인하였다.
세포는 핵과 세포질로 이루어지며 식물 세포는 바깥쪽이 단단한 벽으로 싸여 있다.
조선 후기에는 장시가 늘어나면서 보부상들이 고을과 고을을 이어 주었다.
삼각형의 세 내각을 더하면 언제나 180도이고 사각형은 그 두 배인 360도가 된다.
다음 글을 읽고 글쓴이가 말하려는 바를 두 문장으로 간추려 쓰시오.
밑줄 친 낱말과 뜻이 반대인 것을 보기에서 골라 괄호 안에 적으시오.
우리 모둠은 쓰레기를 줄이는 방법을 조사해 벽에 붙일 그림표를 만들었다.
급한 일이 생기면 먼저 침착하게 주위를 살피고 어른에게 도움을 청합니다.
냉장고에 넣어 둔 김치찌개는 데워서 먹고 남은 것은 버리지 말고 덜어 두세요.
바닷가 절벽에 둥지를 튼 괭이갈매기 떼가 해 질 녘이면 하늘을 하얗게 덮는다.
첫째, 약을 먹기 전에 설명서를 꼼꼼히 읽고 둘째, 정해진 양을 넘기지 않는다.
회의록은 참석자 12명 가운데 9명의 서명을 받아 사흘 안에 게시하기로 했다.
햇볕이 잘 드는 창가에는 선인장을, 그늘진 복도에는 고사리를 놓았습니다.
그는 짧은 편지를 봉투에 넣고 풀로 붙인 뒤 빨간 우체통에 밀어 넣었다.
예산은 모두 7백85만 원이며 그중 절반은 낡은 책걸상을 바꾸는 데 쓰입니다.
뜻밖의 소식에 모두 깜짝 놀라 한동안 아무 말도 하지 못하고 서로 바라보았다.
넓은 들판을 가로질러 흐르는 강물은 굽이굽이 돌아 서쪽 바다로 빠져나간다.
컴퓨터실을 쓴 다음에는 전원을 끄고 의자를 제자리에 넣어 주십시오.
쾌적한 교실을 만들기 위해 하루에 세 번 창문을 열어 공기를 바꿉시다.
젊은 목수는 닳은 끌을 숫돌에 갈고 또 갈아 드디어 날을 세웠다.
읽고 싶은 책이 없으면 신청서에 제목과 지은이를 적어 사서에게 주면 된다.
여덟 폭 병풍에는 매화와 국화, 그리고 헤엄치는 잉어가 그려져 있었다.`.split("\n"),
};
